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
