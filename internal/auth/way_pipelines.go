package auth

import (
	"net/http"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// wayPipelines is a job of Azure Pipelines, whose assertion for a service connection
// Entra trusts.
const wayPipelines = "azure-pipelines-oidc"

// varPipelinesURL contains the address of Azure Pipelines' endpoint: azidentity's
// azure_pipelines_credential.go.
const varPipelinesURL = "SYSTEM_OIDCREQUESTURI"

func pipelinesWay() way {
	return way{name: wayPipelines, listed: 3, appOnly: true, entra: true, auto: onPipelines, needs: (*chooser).pipelinesNeeds, build: (*chooser).pipelines,
		issuer: func(read claims) bool { return read.isRetiring() || read.isConnection() }}
}

// nameConnection tells a user of the task what to do.
const nameConnection = "name a service connection in azureSubscription or azureDevOpsConnection, so that the task needs no stored secret"

// isRetiring reports whether the assertion comes from the issuer of older service
// connections, which will be retired on 2027-07-01.
func (c claims) isRetiring() bool {
	return strings.HasPrefix(c.issuer, "https://vstoken.dev.azure.com/")
}

// convert says what to do about that.
const convert = "the service connection's assertions are issued by https://vstoken.dev.azure.com, which will be retired on 2027-07-01: " +
	"select Convert on the connection's page, and add a federated credential with the issuer and subject shown there to the application"

func (c *chooser) pipelinesNeeds() []requirement {
	if c.env.Task { // a connection provides all of them
		return []requirement{
			{name: "service-connection-id", value: c.in.ServiceConnectionID, how: nameConnection},
			{name: "tenant-id", value: c.in.TenantID, how: nameConnection},
			{name: "client-id", value: c.in.ClientID, how: nameConnection},
			{name: varPipelinesURL, value: c.env.get(varPipelinesURL), how: "run the task on an agent of Azure DevOps Services: Azure DevOps Server does not issue assertions"},
			{name: wayJobToken, value: c.env.get(wayJobToken), how: nameConnection},
		}
	}
	return []requirement{
		{name: "service-connection-id", value: c.in.ServiceConnectionID, how: "set service-connection-id to the service connection's id: resourceId in the address of its page"},
		c.tenant(), c.client(),
		{name: varPipelinesURL, value: c.env.get(varPipelinesURL), how: "run the step on Azure Pipelines, and with `docker run` pass `-e " + varPipelinesURL + "`"},
		{name: wayJobToken, value: c.env.get(wayJobToken), how: mapJobToken},
	}
}

// pipelines uses Azure Pipelines' endpoint: azidentity's
// azure_pipelines_credential.go. A header asks for a 401 instead of a redirect to a
// sign-in page.
func (c *chooser) pipelines() (*Credential, error) {
	u, err := httpsURL(varPipelinesURL, c.env.get(varPipelinesURL))
	if err != nil {
		return nil, err
	}
	query := u.Query()
	query.Set("api-version", "7.1")
	query.Set("serviceConnectionId", c.in.ServiceConnectionID)
	if audience := c.audience(); audience != exchangeAudience { // if omitted, the service uses its own default
		query.Set("audience", audience)
	}
	u.RawQuery = query.Encode()
	return c.federated(wayPipelines, ", service connection "+c.in.ServiceConnectionID, issuer{
		name: "Azure Pipelines", method: http.MethodPost, url: u, variable: varPipelinesURL, field: "oidcToken",
		job:    input.Secret(c.env.get(wayJobToken)),
		header: http.Header{"Content-Type": {"application/json"}, "X-Tfs-Fedauthredirect": {"Suppress"}},
		advice: pipelinesAdvice(c.in.ServiceConnectionID, c.env.Task),
	}), nil
}

// pipelinesAdvice explains the statuses of Azure Pipelines' endpoint. It returns 400
// for connections that it does not know and for those that the pipeline does not
// reference; only the message distinguishes them.
func pipelinesAdvice(connection string, task bool) func(transport.Answer, string) refusal {
	check := "check service-connection-id: resourceId in the address of the connection's page, in this pipeline's project"
	if task {
		check = "check the connection that azureSubscription or azureDevOpsConnection names: it must be in this pipeline's project"
	}
	const (
		permit    = "an administrator of the service connection must permit the pipeline: Project settings > Service connections > the connection > Security > Pipeline permissions"
		reference = "the same stage must refer to the connection by name, for instance as azureSubscription of a task such as AzureCLI@3"
		kind      = "the connection must be an Azure Resource Manager connection with workload identity federation: Project settings > Service connections"
	)
	return func(a transport.Answer, said string) refusal {
		said = strings.ToLower(said)
		switch {
		case a.Status == http.StatusUnauthorized || isSignIn(a):
			return refusal{code: fault.CredentialRejected, text: "SYSTEM_ACCESSTOKEN is not accepted", hints: []string{
				withJobToken(task), permit,
			}}
		case a.Status == http.StatusForbidden || strings.Contains(said, "no explicit reference"):
			return refusal{code: fault.PermissionDenied, text: "the pipeline is not permitted to use service connection " + connection, hints: []string{reference, permit}}
		case a.Status == http.StatusNotFound || strings.Contains(said, "no service connection found"):
			return refusal{code: fault.ResourceNotFound, text: "there is no service connection " + connection + " that the pipeline is permitted to use", hints: []string{check, permit, reference}}
		}
		return refusal{code: fault.RequestRefused, text: "no assertion was issued for service connection " + connection, hints: []string{kind, check, reference}}
	}
}

// withJobToken says what to do about the job's token, which a task gets
// automatically.
func withJobToken(task bool) string {
	if task {
		return "the job's token expires when the job ends: run the step again in a new job"
	}
	return mapJobToken + "; the token expires when the job ends"
}
