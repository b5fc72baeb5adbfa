package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// kinds is a set of kinds of credentials.
type kinds uint

const (
	byNobody  kinds = 1 << iota // no credential, or an unknown one
	byUser                      // an Entra token of a user
	byApp                       // an Entra token of a service principal or managed identity
	byJob                       // the job token of Azure Pipelines
	byPAT                       // a personal access token
	bySAS                       // a SharedAccessSignature of IoT Central
	byAnybody = byUser | byApp | byJob | byPAT
)

// kind is the name of a kind of credential in the request log.
type kind string

const (
	kindNone    kind = "none"
	kindUser    kind = "user"
	kindApp     kind = "app"
	kindJob     kind = "job token"
	kindPAT     kind = "pat"
	kindSAS     kind = "sas"
	kindUnknown kind = "unknown"
)

// identity is the caller according to the credential.
type identity struct {
	kinds  kinds // exactly one of them
	id     string
	name   string
	tenant string
	scopes []string // scp of a user's token, scope of a PAT
	pat    *pat     // for a PAT
	claims claims   // for a JWT
}

// may reports whether the identity's token was issued for one of the scopes, or for
// one that includes it. Application and job tokens have no scopes: membership
// decides what they may do.
func (st *state) may(who identity, scopes []string) bool {
	if len(scopes) == 0 || who.kinds&(byApp|byJob) != 0 {
		return true
	}
	full := "user_impersonation"
	if who.kinds == byPAT {
		full = "app_token"
	}
	for _, held := range who.scopes {
		if held == full || st.scopes.covers(held, scopes) {
			return true
		}
	}
	return false
}

// scopeTable maps a scope to the narrower scope that it includes, or "".
type scopeTable struct {
	includes map[string]string
	forPATs  map[string]bool // scopes that a PAT may have
}

func parseScopes(text string) scopeTable {
	t := scopeTable{includes: map[string]string{}, forPATs: map[string]bool{}}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		name, delegatedOnly := strings.CutPrefix(fields[0], "!")
		t.includes[name] = strings.Join(fields[1:], " ")
		t.forPATs[name] = !delegatedOnly
	}
	return t
}

// covers follows a scope to the scopes that it includes.
func (t scopeTable) covers(held string, wanted []string) bool {
	for held != "" {
		if slices.Contains(wanted, held) {
			return true
		}
		held = t.includes[held]
	}
	return false
}

// inProject finds the project in the path, if the caller may see it.
func inProject(h func(*call, *project) reply) handler {
	return func(c *call) reply {
		name := c.param("project")
		p := c.org.project(name)
		if p == nil || !c.sees(p) {
			return c.noProject(name)
		}
		return h(c, p)
	}
}

// sees returns false for a project that is hidden from a job of another project,
// which runs as that project's build service (azure-devops-docs, access-tokens.md:
// "limit job authorization scope to current project"). Other jobs run as the
// organization's build service and see everything.
func (c *call) sees(p *project) bool {
	if c.who.kinds != byJob || p.BuildService == c.who.id {
		return true
	}
	return !slices.ContainsFunc(c.org.Projects, func(o *project) bool { return o.BuildService == c.who.id })
}

// administers reports whether the caller is an administrator of the project.
func (c *call) administers(p *project) bool { return slices.Contains(p.Administrators, c.who.id) }

// notAdministrator is the service's usual message for a missing permission
// (AzureDevOpsDemoGenerator#925).
func (c *call) notAdministrator(status int, needed string) reply {
	return c.vssError(status, vssProblem{
		message: fmt.Sprintf("TF50309: The following account does not have sufficient permissions to complete the operation: %s. The following permissions are needed to perform this operation: %s.", c.person(c.who.id).name, needed),
		typeKey: "AccessCheckException", namespace: frameworkServer,
	})
}

// since reports whether the requested version is at least major.minor. A GET without
// a version gets the latest.
func (c *call) since(major, minor int) bool {
	v, given, _ := c.apiVersion()
	return !given || v.atLeast(major, minor)
}

// coreRead lists the scopes of which one is required to read projects and teams.
func coreRead() []string { return []string{"vso.profile", "vso.project"} }

func get(pattern string, scopes []string, h handler) route {
	return route{area: vssArea{}, method: http.MethodGet, pattern: pattern, scopes: scopes, handle: h}
}
