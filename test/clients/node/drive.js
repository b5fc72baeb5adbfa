// Performs one operation with azure-devops-node-api and prints the result as JSON.
// ORGANIZATION is its address, TOKEN a credential, and the argument is the
// operation.
'use strict';

const api = require('azure-devops-node-api');

const project = 'Fabrikam';
const connection = new api.WebApi(process.env.ORGANIZATION, api.getHandlerFromToken(process.env.TOKEN));
const names = (list) => list.map((element) => element.name);

// at calls a location for which the library has no method, in the library's way.
async function at(client, area, id, values) {
  const found = await client.vsoClient.getVersioningData('7.1-preview.1', area, id, values);
  return { url: found.requestUrl, options: client.createRequestOptions('application/json', found.apiVersion) };
}

const permissions = (values) =>
  connection.getBuildApi().then(async (client) => ({
    rest: client.rest,
    ...(await at(client, 'pipelinePermissions', 'b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2', { project, ...values })),
  }));
const granted = (answer) => answer.pipelines.map((pipeline) => pipeline.id);

const operations = {
  whoami: async () => (await connection.connect()).authenticatedUser.providerDisplayName,
  projects: async () => names(await (await connection.getCoreApi()).getProjects()),
  project: async () => (await (await connection.getCoreApi()).getProject('Fabrikam Fiber')).id,
  teams: async () => names(await (await connection.getCoreApi()).getTeams(project)),
  allTeams: async () => names(await (await connection.getCoreApi()).getAllTeams()),
  members: async () =>
    (await (await connection.getCoreApi()).getTeamMembersWithExtendedProperties(project, 'Quality assurance')).map(
      (member) => ({ name: member.identity.displayName, admin: member.isTeamAdmin })
    ),
  team: async () => {
    const core = await connection.getCoreApi();
    const made = await core.createTeam({ name: 'Node', description: 'made by the Node client' }, project);
    const changed = await core.updateTeam({ description: 'changed' }, project, made.id);
    await core.deleteTeam(project, 'Node');
    return [made.description, changed.description, names(await core.getTeams(project))];
  },
  definitions: async () =>
    (await (await connection.getBuildApi()).getDefinitions(project, 'nightly')).map((d) => [d.id, d.path]),
  definition: async () => (await (await connection.getBuildApi()).getDefinition(project, 42)).name,
  endpoints: async () => names(await (await connection.getServiceEndpointApi()).getServiceEndpoints(project)),
  endpointsByName: async () =>
    names(await (await connection.getServiceEndpointApi()).getServiceEndpointsByNames(project, ['registry', 'nothing'])),
  variableGroups: async () => names(await (await connection.getTaskAgentApi()).getVariableGroups(project)),
  environments: async () => names(await (await connection.getTaskAgentApi()).getEnvironments(project)),
  queues: async () => names(await (await connection.getTaskAgentApi()).getAgentQueues(project)),
  secureFiles: async () => names(await (await connection.getTaskAgentApi()).getSecureFiles(project)),
  repositories: async () => names(await (await connection.getGitApi()).getRepositories(project)),
  allRepositories: async () => names(await (await connection.getGitApi()).getRepositories()),
  permissions: async () => {
    const found = await permissions({ resourceType: 'environment', resourceId: '1' });
    return granted((await found.rest.get(found.url, found.options)).result);
  },
  patchOne: async () => {
    const found = await permissions({ resourceType: 'environment', resourceId: '1' });
    const wish = { pipelines: [{ id: 6, authorized: true }] };
    return granted((await found.rest.update(found.url, wish, found.options)).result);
  },
  patchMany: async () => {
    const found = await permissions({});
    const wish = [{ resource: { type: 'environment', id: '4' }, pipelines: [{ id: 6, authorized: true }] }];
    return (await found.rest.update(found.url, wish, found.options)).result.value.map(granted);
  },
  pats: async () => {
    const client = await connection.getCoreApi();
    const found = await at(client, 'Tokens', '55967393-20ef-45c6-a96c-b5d5d5986a9a', {});
    const wish = { displayName: 'node', scope: 'vso.code', validTo: process.env.VALID_TO, allOrgs: false };
    const made = (await client.rest.create(found.url, wish, found.options)).result;
    const list = (await client.rest.get(found.url, found.options)).result;
    return [made.patTokenError, list.patTokens.map((pat) => pat.displayName)];
  },
};

operations[process.argv[2]]().then(
  (value) => console.log(JSON.stringify({ value })),
  (error) => console.log(JSON.stringify({ status: error.statusCode, message: error.message }))
);
