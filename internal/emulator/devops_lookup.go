package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// lookupRoutes are the lists in which names and ids of resources and pipelines
// are looked up. Each has the filters and the paging of its own API description.
func lookupRoutes() []route {
	return slices.Concat(
		endpointRoutes(), variableGroupRoutes(), environmentRoutes(), queueRoutes(),
		repositoryRoutes(), secureFileRoutes(), definitionRoutes(),
	)
}

// getBoth are the routes of a list and of one of its elements, {id}.
func getBoth(pattern, scope string, list, one func(*call, *project) reply) []route {
	return []route{
		get(pattern, []string{scope}, inProject(list)),
		get(pattern+"/{id}", []string{scope}, inProject(one)),
	}
}

// inList tells whether a value is among those of a query parameter, separated by
// commas; without the parameter everything is.
func (c *call) inList(parameter, value string) bool {
	wanted := c.query.Get(parameter)
	same := func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), value) }
	return wanted == "" || slices.ContainsFunc(strings.Split(wanted, ","), same)
}

// like tells whether a value matches the pattern of a query parameter, where * is
// any text and the case does not matter; without the parameter everything does.
func (c *call) like(parameter, value string) bool {
	pattern := c.query.Get(parameter)
	return pattern == "" || glob(strings.ToLower(pattern), strings.ToLower(value))
}

// chosen are the resources of a type that are kept.
func (p *project) chosen(kind string, keep func(*protected) bool) []*protected {
	var out []*protected
	for _, r := range p.byType[kind] {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// wired writes each element of a page.
func wired[T, W any](page []T, wire func(T) W) []W {
	out := make([]W, len(page))
	for i, element := range page {
		out[i] = wire(element)
	}
	return out
}

// notFound answers an id that is not there. What is between message and status
// differs from area to area and is mostly not documented.
func (c *call) notFound(namespace, typeKey, format string, values ...any) reply {
	return c.vssError(http.StatusNotFound, vssProblem{
		message: fmt.Sprintf(format, values...), typeKey: typeKey, namespace: namespace,
	})
}

// null is 200 and no object: how endpoints and variable groups say that they are
// not there (microsoft/terraform-provider-azuredevops, isServiceEndpointDeleted
// and resource_variable_group.go).
func null() reply { return newReply(http.StatusOK, jsonType, []byte("null")) }

// projectRef is ProjectReference.
type projectRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// sharedWith is what service connections and variable groups say about their project.
type sharedWith struct {
	ProjectReference projectRef `json:"projectReference"`
	Name             string     `json:"name"`
	Description      string     `json:"description"`
}

func sharedInto(p *project, r *protected) []sharedWith {
	return []sharedWith{{projectRef{p.ID, p.Name}, r.Name, r.Description}}
}

// createdOn is when all that is in the seed was made.
const createdOn = "2020-01-01T08:00:00.123Z"

// audit is who made a thing and who changed it last.
type audit struct {
	CreatedBy  *identityRef `json:"createdBy"`
	CreatedOn  string       `json:"createdOn"`
	ModifiedBy *identityRef `json:"modifiedBy"`
	ModifiedOn string       `json:"modifiedOn"`
}

func (c *call) audit() audit {
	maker := c.identityRef(c.org.maker())
	return audit{maker, createdOn, maker, createdOn}
}

// maker is who is said to have made what is in the seed.
func (o *organization) maker() string {
	if len(o.Members) == 0 {
		return ""
	}
	return o.Members[0]
}
