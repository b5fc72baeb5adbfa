package auth

import (
	"slices"
	"strings"
	"time"
)

// way is one way to authenticate. Each has its own file, way_NAME.go, with its row
// of the table, what it needs, how it gets the credential, and its hints.
type way struct {
	name    string              // the value of the input auth, or an environment variable
	listed  int                 // its position among the values of the input auth; 0 means that it is not one
	appOnly bool                // its tokens belong to an application, never to a user
	auto    func(*chooser) bool // whether auto may use it here; nil means never
	// needs lists what is required. The first one shows that the user means this
	// way.
	needs func(*chooser) []requirement
	// meant reports whether the inputs that are set indicate this way; if nil, any
	// of those that it needs does.
	meant func(*chooser, []requirement) bool
	build func(*chooser) (*Credential, error)
	entra bool // it sends a secret to Entra's token endpoint
	// held returns the secret that a user gives to each step; nil means that there
	// is none.
	held func(*Inputs) string
	// issuer recognizes the assertions that this way exchanges, so that an assertion
	// given as a credential gets a helpful error; nil means none.
	issuer func(claims) bool
}

// ways lists all of them, in auto's order.
func ways() []way {
	return []way{
		credentialWay(), refreshWay(), secretWay(), assertionWay(), gitHubWay(), pipelinesWay(), tokenFileWay(),
		jobTokenWay(), extPATWay(), cliWay(), machineWay(),
	}
}

// wayAuto uses the first suitable way in the table.
const wayAuto = "auto"

// authValues lists the values of the input auth, in the order of the documentation.
func authValues() []string {
	all := ways()
	values := []string{wayAuto}
	for i := range all {
		for _, w := range all {
			if w.listed == i+1 {
				values = append(values, w.name)
			}
		}
	}
	return values
}

// wayOf returns the way with that name, or the zero value.
func wayOf(name string) way {
	for _, w := range ways() {
		if w.name == name {
			return w
		}
	}
	return way{}
}

// AsksEntra reports whether a way to authenticate sends a secret to Entra.
func AsksEntra(way string) bool { return wayOf(way).entra }

// Holds reports whether a way to authenticate needs a secret that a user gives to
// each step.
func Holds(way string) bool { return wayOf(way).held != nil }

// Held returns the secret that a way needs from a user, if it is given here, or "".
func (in *Inputs) Held(way string) string {
	if held := wayOf(way).held; held != nil {
		return held(in)
	}
	return ""
}

// requirement is something that a way requires.
type requirement struct {
	name  string // an input or an environment variable
	value string
	how   string // how to get it
	// withheld says that GitHub does not provide it to some runs: those from forks
	// and of Dependabot.
	withheld bool
}

// isInput distinguishes inputs, in kebab case, from environment variables.
func (r requirement) isInput() bool { return r.name == strings.ToLower(r.name) }

func nothing(*chooser) []requirement { return nil }

func (c *chooser) tenant() requirement {
	return requirement{name: "tenant-id", value: c.in.TenantID, how: "set tenant-id" + c.orVariable("AZURE_TENANT_ID") + " to the id of the Entra tenant"}
}

func (c *chooser) client() requirement {
	return requirement{name: "client-id", value: c.in.ClientID, how: "set client-id" + c.orVariable("AZURE_CLIENT_ID") + " to the application (client) id of the app registration"}
}

// orVariable names the variable that can replace an input, if any.
func (c *chooser) orVariable(name string) string {
	if c.env.Task {
		return ""
	}
	return " (or " + name + ")"
}

// firstIsSet is for a way that a tenant and an application alone do not indicate.
func firstIsSet(_ *chooser, needs []requirement) bool { return needs[0].value != "" }

func anyInputIsSet(_ *chooser, needs []requirement) bool {
	return slices.ContainsFunc(needs, func(r requirement) bool { return r.value != "" && r.isInput() })
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

// Environment describes where the run takes place.
type Environment struct {
	Env   map[string]string // the process environment
	Local bool              // not on a CI host
	Azure bool              // Azure Pipelines; if neither, GitHub Actions
	Task  bool              // the task of Azure Pipelines: only inputs and connections count, not variables of the job
	// ReadFile reads the file that an input or variable names, at most limit bytes.
	ReadFile func(name, path string, limit int64) ([]byte, error)
}

// get returns a variable's value. An unexpanded macro of Azure Pipelines counts as
// not set.
func (e Environment) get(key string) string {
	value := strings.TrimSpace(e.Env[key])
	if strings.HasPrefix(value, "$(") && strings.HasSuffix(value, ")") {
		return ""
	}
	return value
}

func (e Environment) gitHub() bool { return !e.Local && !e.Azure }

// chooser holds everything that the choice depends on.
type chooser struct {
	in   Inputs
	need Need
	env  Environment
	now  time.Time
}

func always(*chooser) bool { return true }

// onGitHub and onPipelines also accept a laptop, or another CI system, that has the
// variables of the endpoint.
func onGitHub(c *chooser) bool { return c.env.gitHub() || c.env.Local && c.env.get(varGitHubURL) != "" }
func onPipelines(c *chooser) bool {
	return c.env.Azure || c.env.Local && c.env.get(varPipelinesURL) != ""
}
func onLaptop(c *chooser) bool { return c.env.Local }

func forDevOps(c *chooser) bool {
	return c.need.Service == AzureDevOps && !c.need.UserOnly && !c.need.TokenOnly
}
