// Performs one of azstep's operations with azure-devops-node-api, as a user's own
// script would. ORGANIZATION, PROJECT and SUBJECT say what to operate on, TOKEN is
// the credential, and the argument is the operation.
'use strict';

const api = require('azure-devops-node-api');

const { ORGANIZATION, PROJECT, SUBJECT, TOKEN, VALID_TO } = process.env;
const connection = new api.WebApi(ORGANIZATION, api.getHandlerFromToken(TOKEN));

// at calls a location for which the library has no method, in the library's way.
async function at(client, area, id, values) {
  const found = await client.vsoClient.getVersioningData('7.1-preview.1', area, id, values);
  return { url: found.requestUrl, options: client.createRequestOptions('application/json', found.apiVersion) };
}

const pats = (client) => at(client, 'Tokens', '55967393-20ef-45c6-a96c-b5d5d5986a9a', {});

async function permissions() {
  const client = await connection.getBuildApi();
  const values = { project: PROJECT, resourceType: 'environment', resourceId: SUBJECT };
  return { client, ...(await at(client, 'pipelinePermissions', 'b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2', values)) };
}

const isPermitted = (found, id) => found.pipelines.some((pipeline) => pipeline.id === id && pipeline.authorized);

const operations = {
  mint: async () => {
    const client = await connection.getCoreApi();
    const { url, options } = await pats(client);
    const wish = { displayName: 'bench', scope: 'vso.code', validTo: VALID_TO, allOrgs: false };
    return (await client.rest.create(url, wish, options)).result.patToken.token;
  },
  revoke: async () => {
    const client = await connection.getCoreApi();
    const { url, options } = await pats(client);
    const address = new URL(url);
    address.searchParams.set('authorizationId', SUBJECT);
    return (await client.rest.del(address.href, options)).statusCode === 204;
  },
  team: async () => {
    const core = await connection.getCoreApi();
    const team = (await core.getTeam(PROJECT, SUBJECT)) ?? (await core.createTeam({ name: SUBJECT }, PROJECT));
    return team.id;
  },
  permissions: async () => {
    const { client, url, options } = await permissions();
    const found = (await client.rest.get(url, options)).result;
    return found.allPipelines?.authorized || isPermitted(found, 15);
  },
  permit: async () => {
    const { client, url, options } = await permissions();
    if (isPermitted((await client.rest.get(url, options)).result, 6)) return true;
    const wish = { pipelines: [{ id: 6, authorized: true }] };
    return isPermitted((await client.rest.update(url, wish, options)).result, 6);
  },
  whoami: async () => (await connection.connect()).authenticatedUser.id,
};

operations[process.argv[2]]().then(
  (value) => {
    if (!value) throw new Error(`nothing came of ${process.argv[2]}`);
    console.log(value);
  }
).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
