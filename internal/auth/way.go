package auth

import (
	"slices"
	"strings"
	"time"
)

// way is one way to authenticate. Each has a file of its own, way_NAME.go, with its
// row of the table, what it needs, how it gets the credential, and what it advises.
type way struct {
	name    string              // the value of the input auth, or an environment variable
	listed  int                 // its place among the values of the input auth; 0 is none
	appOnly bool                // its tokens are an application's, never a user's
	auto    func(*chooser) bool // whether auto may take it here; nil is never
	// needs are what it cannot do without. The first one shows that somebody means
	// this way.
	needs func(*chooser) []requirement
	// meant reports whether what is set points to this way; nil asks whether any of
	// the inputs that it needs is set.
	meant func(*chooser, []requirement) bool
	build func(*chooser) (*Credential, error)
	entra bool // it sends a secret to Entra's token endpoint
	// held is the secret that a user gives to each step; nil is none.
	held func(*Inputs) string
	// issuer tells the assertions that this way exchanges, so that one given as a
	// credential can be told where it belongs; nil is none.
	issuer func(claims) bool
}

// ways are all of them, in auto's order.
func ways() []way {
	return []way{
		credentialWay(), refreshWay(), secretWay(), assertionWay(), gitHubWay(), pipelinesWay(), tokenFileWay(),
		jobTokenWay(), extPATWay(), cliWay(), machineWay(),
	}
}

// wayAuto leaves the choice to the table's order.
const wayAuto = "auto"

// authValues are the values of the input auth, in the order of the documentation.
func authValues() []string {
	listed := slices.DeleteFunc(ways(), func(w way) bool { return w.listed == 0 })
	slices.SortFunc(listed, func(a, b way) int { return a.listed - b.listed })
	values := []string{wayAuto}
	for _, w := range listed {
		values = append(values, w.name)
	}
	return values
}

// wayOf is the way of that name; the zero value where there is none.
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

// Held is the secret that a way needs from a user, as far as it is given here, or "".
func (in *Inputs) Held(way string) string {
	if held := wayOf(way).held; held != nil {
		return held(in)
	}
	return ""
}

// requirement is something that a way cannot do without.
type requirement struct {
	name  string // an input or an environment variable
	value string
	how   string // how to get it
	// withheld says that GitHub keeps it from some runs: those of forks and Dependabot.
	withheld bool
}

// isInput tells inputs, in kebab case, from environment variables.
func (r requirement) isInput() bool { return r.name == strings.ToLower(r.name) }

func nothing(*chooser) []requirement { return nil }

func (c *chooser) tenant() requirement {
	return requirement{name: "tenant-id", value: c.in.TenantID, how: "set tenant-id" + c.orVariable("AZURE_TENANT_ID") + " to the id of the Entra tenant"}
}

func (c *chooser) client() requirement {
	return requirement{name: "client-id", value: c.in.ClientID, how: "set client-id" + c.orVariable("AZURE_CLIENT_ID") + " to the application (client) id of the app registration"}
}

// orVariable names the variable that stands in for an input, where one does.
func (c *chooser) orVariable(name string) string {
	if c.env.Task {
		return ""
	}
	return " (or " + name + ")"
}

// firstIsSet is for a way that a tenant and an application alone do not point to.
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

// Environment is where the run takes place.
type Environment struct {
	Env   map[string]string // the process environment
	Local bool              // no CI host
	Azure bool              // Azure Pipelines; neither is GitHub Actions
	Task  bool              // the task of Azure Pipelines: inputs and connections count, no variables of the job
	// ReadFile reads the file that an input or variable names, at most limit bytes.
	ReadFile func(name, path string, limit int64) ([]byte, error)
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

func always(*chooser) bool        { return true }
func onGitHub(c *chooser) bool    { return c.env.gitHub() }
func onPipelines(c *chooser) bool { return c.env.Azure }
func onLaptop(c *chooser) bool    { return c.env.Local }

func forDevOps(c *chooser) bool {
	return c.need.Service == AzureDevOps && !c.need.UserOnly && !c.need.TokenOnly
}
