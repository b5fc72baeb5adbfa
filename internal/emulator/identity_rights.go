package emulator

import (
	"fmt"
	"net/http"
	"slices"
)

// inProject finds the project that a route names and that the caller may see.
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

// sees is false for a project that is hidden from a job of another one, which
// runs as that project's build service (azure-devops-docs, access-tokens.md:
// "limit job authorization scope to current project"). Any other job's identity
// is the organization's, and sees everything.
func (c *call) sees(p *project) bool {
	if c.who.kinds != byJob || p.BuildService == c.who.id {
		return true
	}
	return !slices.ContainsFunc(c.org.Projects, func(o *project) bool { return o.BuildService == c.who.id })
}

// administers tells whether the caller is an administrator of the project.
func (c *call) administers(p *project) bool { return slices.Contains(p.Administrators, c.who.id) }

// notAdministrator is the service's usual message for a missing right
// (AzureDevOpsDemoGenerator#925).
func (c *call) notAdministrator(status int, needed string) reply {
	return c.vssError(status, vssProblem{
		message: fmt.Sprintf("TF50309: The following account does not have sufficient permissions to complete the operation: %s. The following permissions are needed to perform this operation: %s.", c.person(c.who.id).name, needed),
		typeKey: "AccessCheckException", namespace: frameworkServer,
	})
}

// since tells whether a version has what came with major.minor. A GET without a
// version gets the newest.
func (c *call) since(major, minor int) bool {
	v, given, _ := c.apiVersion()
	return !given || v.atLeast(major, minor)
}

// coreRead are the scopes of which projects and teams need one to be read.
func coreRead() []string { return []string{"vso.profile", "vso.project"} }

func get(pattern string, scopes []string, h handler) route {
	return route{area: vssArea{}, method: http.MethodGet, pattern: pattern, scopes: scopes, handle: h}
}
