package auth

import (
	"strings"
	"time"
)

// The ways to authenticate: the values of the input auth, and the environment
// variables that auto also looks at.
const (
	wayAuto       = "auto"
	wayCredential = "credential"
	wayRefresh    = "refresh-token"
	waySecret     = "client-secret"
	wayGitHub     = "github-oidc"
	wayPipelines  = "azure-pipelines-oidc"
	wayManaged    = "managed-identity"
	wayCLI        = "azure-cli"
	wayJobToken   = "SYSTEM_ACCESSTOKEN"   // the agent's variable System.AccessToken, where it is mapped
	wayExtPAT     = "AZURE_DEVOPS_EXT_PAT" // what the Azure DevOps extension of the Azure CLI reads
)

// What the hosts' OIDC endpoints are found by: docs.github.com "OpenID Connect
// reference", and SYSTEM_OIDCREQUESTURI of azidentity's
// azure_pipelines_credential.go.
const (
	varGitHubURL    = "ACTIONS_ID_TOKEN_REQUEST_URL"
	varGitHubToken  = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
	varPipelinesURL = "SYSTEM_OIDCREQUESTURI"
)

func authValues() []string {
	return []string{wayAuto, wayCredential, wayGitHub, wayPipelines, waySecret, wayRefresh, wayManaged, wayCLI}
}

// Environment is where the run takes place.
type Environment struct {
	Env   map[string]string // the process environment
	Local bool              // no CI host
	Azure bool              // Azure Pipelines; neither is GitHub Actions
}

// get is a variable's value, where a macro that Azure Pipelines did not expand
// is none.
func (e Environment) get(key string) string {
	value := strings.TrimSpace(e.Env[key])
	if strings.HasPrefix(value, "$(") && strings.HasSuffix(value, ")") {
		return ""
	}
	return value
}

func (e Environment) gitHub() bool { return !e.Local && !e.Azure }

// chooser is all that the choice depends on.
type chooser struct {
	in   Inputs
	need Need
	env  Environment
	now  time.Time
}

// requirement is something that a way cannot do without.
type requirement struct {
	name  string // an input or an environment variable
	value string
	how   string // how to get it
}

// way is one way to authenticate. The first requirement is the one that shows
// that somebody means this way.
type way struct {
	name    string
	appOnly bool                // its tokens are an application's, never a user's
	auto    func(*chooser) bool // whether auto may take it here; nil is never
	needs   func(*chooser) []requirement
	build   func(*chooser) (*Credential, error)
}

// ways are all of them, in auto's order.
func ways() []way {
	return []way{
		{wayCredential, false, always, (*chooser).credentialNeeds, (*chooser).given},
		{wayRefresh, false, always, (*chooser).refreshNeeds, (*chooser).refresh},
		{waySecret, true, always, (*chooser).secretNeeds, (*chooser).secret},
		{wayGitHub, true, onGitHub, (*chooser).gitHubNeeds, (*chooser).gitHub},
		{wayPipelines, true, onPipelines, (*chooser).pipelinesNeeds, (*chooser).pipelines},
		{wayJobToken, false, forDevOps, (*chooser).jobTokenNeeds, (*chooser).jobToken},
		{wayExtPAT, false, forDevOps, (*chooser).extPATNeeds, (*chooser).extPAT},
		{wayCLI, false, onLaptop, (*chooser).nothing, (*chooser).azureCLI},
		{wayManaged, true, nil, (*chooser).nothing, (*chooser).managed},
	}
}

func always(*chooser) bool        { return true }
func onGitHub(c *chooser) bool    { return c.env.gitHub() }
func onPipelines(c *chooser) bool { return c.env.Azure }
func onLaptop(c *chooser) bool    { return c.env.Local }

func forDevOps(c *chooser) bool {
	return c.need.Service == AzureDevOps && !c.need.UserOnly && !c.need.TokenOnly
}

func (c *chooser) nothing() []requirement { return nil }

func (c *chooser) credentialNeeds() []requirement {
	if c.need.TokenOnly { // what is handed out is an Entra token fetched for it, nothing that came in
		return []requirement{{name: wayCredential}}
	}
	return []requirement{{wayCredential, c.in.Credential.Reveal(), "set credential to " + c.need.wants()}}
}

func (c *chooser) refreshNeeds() []requirement {
	return []requirement{
		{wayRefresh, c.in.RefreshToken.Reveal(), "set refresh-token from a secret store; `azstep login` on a laptop gets one"},
		c.tenant(), c.client(),
	}
}

func (c *chooser) secretNeeds() []requirement {
	return []requirement{
		{waySecret, c.in.ClientSecret.Reveal(), "set client-secret (or AZURE_CLIENT_SECRET) from a secret store"},
		c.tenant(), c.client(),
	}
}

func (c *chooser) gitHubNeeds() []requirement {
	how := "give the job `permissions: id-token: write`, and with `docker run` in a run: step also `-e " + varGitHubURL + " -e " + varGitHubToken + "`"
	return []requirement{
		c.client(), c.tenant(),
		{varGitHubURL, c.env.get(varGitHubURL), how},
		{varGitHubToken, c.env.get(varGitHubToken), how},
	}
}

func (c *chooser) pipelinesNeeds() []requirement {
	return []requirement{
		{"service-connection-id", c.in.ServiceConnectionID, "set service-connection-id to the service connection's id: resourceId in the address of its page"},
		c.tenant(), c.client(),
		{varPipelinesURL, c.env.get(varPipelinesURL), "run the step on Azure Pipelines, and with `docker run` pass `-e " + varPipelinesURL + "`"},
		{wayJobToken, c.env.get(wayJobToken), mapJobToken},
	}
}

const mapJobToken = "map the job's token in the step: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"

func (c *chooser) jobTokenNeeds() []requirement {
	return []requirement{{wayJobToken, c.env.get(wayJobToken), mapJobToken}}
}

func (c *chooser) extPATNeeds() []requirement {
	return []requirement{{wayExtPAT, c.env.get(wayExtPAT), "set " + wayExtPAT}}
}

func (c *chooser) tenant() requirement {
	return requirement{"tenant-id", c.in.TenantID, "set tenant-id (or AZURE_TENANT_ID) to the id of the Entra tenant"}
}

func (c *chooser) client() requirement {
	return requirement{"client-id", c.in.ClientID, "set client-id (or AZURE_CLIENT_ID) to the application (client) id of the app registration"}
}

func complete(needs []requirement) bool { return len(missing(needs)) == 0 }

func missing(needs []requirement) []requirement {
	var gone []requirement
	for _, n := range needs {
		if n.value == "" {
			gone = append(gone, n)
		}
	}
	return gone
}
