package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// environmentRoutes are the environments, at the address of distributedTask/7.1
// and at that of environments/7.2, whose scope is a weaker one.
func environmentRoutes() []route {
	newer := getBoth("/{org}/{project}/_apis/pipelines/environments", "vso.build", listEnvironments, getEnvironment)
	for i := range newer {
		newer[i].scopes = []string{"vso.build", "vso.environment_manage"}
	}
	return slices.Concat(newer,
		getBoth("/{org}/{project}/_apis/distributedtask/environments", "vso.environment_manage", listEnvironments, getEnvironment))
}

// environmentWire is EnvironmentInstance.
type environmentWire struct {
	ID             int          `json:"id"`
	Name           string       `json:"name"`
	Description    string       `json:"description"`
	CreatedBy      *identityRef `json:"createdBy"`
	CreatedOn      string       `json:"createdOn"`
	LastModifiedBy *identityRef `json:"lastModifiedBy"`
	LastModifiedOn string       `json:"lastModifiedOn"`
	Project        projectRef   `json:"project"`
}

func (c *call) wireEnvironment(p *project) func(*protected) environmentWire {
	return func(r *protected) environmentWire {
		maker := c.identityRef(c.org.maker())
		return environmentWire{r.number(), r.Name, r.Description, maker, createdOn, maker, createdOn, projectRef{p.ID, p.Name}}
	}
}

// usualEnvironmentPage is the length of a page without $top, which is not documented.
const usualEnvironmentPage = 100

// listEnvironments takes the parameter name for the beginning of a name. How the
// service compares is not documented; this way a client that believes the first
// answer is found out.
func listEnvironments(c *call, p *project) reply {
	all := p.chosen(typeEnvironment, func(r *protected) bool {
		return strings.HasPrefix(strings.ToLower(r.Name), strings.ToLower(c.query.Get("name")))
	})
	page, next := continued(c, all, usualEnvironmentPage, c.atMost(len(all)))
	return listReply(wired(page, c.wireEnvironment(p)), next)
}

func getEnvironment(c *call, p *project) reply {
	r := p.find(typeEnvironment, c.param("id"))
	if r == nil {
		return c.notFound("Microsoft.Azure.Pipelines.Environments", "EnvironmentNotFoundException",
			"Environment with ID %s does not exist or you do not have permission to view it.", c.param("id"))
	}
	return jsonReply(http.StatusOK, c.wireEnvironment(p)(r))
}
