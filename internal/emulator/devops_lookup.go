package emulator

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// lookupRoutes are the lists that clients use to look up names and ids of resources
// and pipelines. Each has the filters and the paging of its own API description.
func lookupRoutes() []route {
	return slices.Concat(
		endpointRoutes(), variableGroupRoutes(), environmentRoutes(), queueRoutes(),
		repositoryRoutes(), secureFileRoutes(), definitionRoutes(),
	)
}

// getBoth returns the routes of a list and of one of its elements, {id}.
func getBoth(pattern, scope string, list, one func(*call, *project) reply) []route {
	return []route{
		get(pattern, []string{scope}, inProject(list)),
		get(pattern+"/{id}", []string{scope}, inProject(one)),
	}
}

// inList reports whether a value is in a query parameter that lists values with
// commas. Without the parameter, every value is.
func (c *call) inList(parameter, value string) bool {
	wanted := c.query.Get(parameter)
	same := func(w string) bool { return strings.EqualFold(strings.TrimSpace(w), value) }
	return wanted == "" || slices.ContainsFunc(strings.Split(wanted, ","), same)
}

// like reports whether a value matches the pattern in a query parameter, where * is
// any text and case does not matter. Without the parameter, every value does.
func (c *call) like(parameter, value string) bool {
	pattern := c.query.Get(parameter)
	return pattern == "" || glob(strings.ToLower(pattern), strings.ToLower(value))
}

// chosen returns the resources of a type that keep selects.
func (p *project) chosen(kind string, keep func(*protected) bool) []*protected {
	var out []*protected
	for _, r := range p.byType[kind] {
		if keep(r) {
			out = append(out, r)
		}
	}
	return out
}

// wired converts each element of a page.
func wired[T, W any](page []T, wire func(T) W) []W {
	out := make([]W, len(page))
	for i, element := range page {
		out[i] = wire(element)
	}
	return out
}

// notFound is the response for an unknown id. Everything but status and message
// differs from area to area and is mostly not documented.
func (c *call) notFound(namespace, typeKey, format string, values ...any) reply {
	return c.vssError(http.StatusNotFound, vssProblem{
		message: fmt.Sprintf(format, values...), typeKey: typeKey, namespace: namespace,
	})
}

// null is 200 with null: the response for a missing service connection or variable
// group (microsoft/terraform-provider-azuredevops, isServiceEndpointDeleted and
// resource_variable_group.go).
func null() reply { return newReply(http.StatusOK, jsonType, []byte("null")) }

// projectRef is ProjectReference.
type projectRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// sharedWith is what service connections and variable groups return about their
// project.
type sharedWith struct {
	ProjectReference projectRef `json:"projectReference"`
	Name             string     `json:"name"`
	Description      string     `json:"description"`
}

func sharedInto(p *project, r *protected) []sharedWith {
	return []sharedWith{{projectRef{p.ID, p.Name}, r.Name, r.Description}}
}

// createdOn is when everything in the seed was created.
const createdOn = "2020-01-01T08:00:00.123Z"

// audit says who created an item and who last changed it.
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

// maker returns the id of the user who created everything in the seed.
func (o *organization) maker() string {
	if len(o.Members) == 0 {
		return ""
	}
	return o.Members[0]
}

// top returns the query's $top between 1 and most, or usual without one.
func (c *call) top(usual, most int) int {
	n, err := strconv.Atoi(c.query.Get("$top"))
	if err != nil || n < 1 {
		return min(usual, most)
	}
	return min(n, most)
}

// window selects a part of a list by $skip and $top.
func window[T any](c *call, all []T, usual, most int) []T {
	skip, err := strconv.Atoi(c.query.Get("$skip"))
	if err != nil || skip < 0 {
		skip = 0
	}
	rest := all[min(skip, len(all)):]
	return rest[:min(c.top(usual, most), len(rest))]
}

// continued selects a part of a list by continuationToken and $top, and returns the
// token of the next page, or "".
func continued[T any](c *call, all []T, usual, most int) (page []T, next string) {
	from := 0
	if plain, err := base64.RawURLEncoding.DecodeString(c.query.Get("continuationToken")); err == nil {
		from, _ = strconv.Atoi(string(plain))
	}
	from = max(0, min(from, len(all)))
	to := min(from+c.top(usual, most), len(all))
	if to < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next
}

// listReply is the usual form of a list in Azure DevOps. next, unless empty, is
// returned in the header X-MS-ContinuationToken.
func listReply[T any](items []T, next string) reply {
	if items == nil {
		items = []T{}
	}
	answer := jsonReply(200, map[string]any{"count": len(items), "value": items})
	if next != "" {
		answer.header.Set("X-MS-ContinuationToken", next)
	}
	return answer
}

// continuedByNumber is [continued] for lists whose continuation token is the number
// of elements that were fetched.
func continuedByNumber[T any](c *call, all []T, usual int) (page []T, next string) {
	from, _ := strconv.Atoi(c.query.Get("continuationToken"))
	from = max(0, min(from, len(all)))
	to := min(from+c.top(usual, c.atMost(len(all))), len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next
}

// person is a user, a service principal or a build service.
type person struct{ id, name, uniqueName string }

func (c *call) person(id string) person {
	for _, t := range c.tenants {
		for _, u := range t.Users {
			if u.ID == id {
				return person{id, u.Name, u.Email}
			}
		}
		for _, a := range t.Applications {
			if a.ObjectID == id {
				return person{id, a.Name, t.ID + "\\" + a.ObjectID}
			}
		}
	}
	for _, p := range c.org.Projects {
		if p.BuildService == id {
			return person{id, fmt.Sprintf("%s Build Service (%s)", p.Name, c.org.Name), "Build\\" + id}
		}
	}
	if c.org.BuildService == id {
		return person{id, fmt.Sprintf("Project Collection Build Service (%s)", c.org.Name), "Build\\" + id}
	}
	return person{id, id, id}
}

// base returns the address of the organization, without a slash at its end.
func (c *call) base() string { return c.server.url + "/" + c.org.Name }

func (c *call) identityURL(id string) string { return c.base() + "/_apis/Identities/" + id }

// identityRef is IdentityRef, as far as the samples of permissions have it.
type identityRef struct {
	DisplayName string `json:"displayName"`
	ID          string `json:"id"`
	UniqueName  string `json:"uniqueName"`
	Descriptor  string `json:"descriptor"`
}

func (c *call) identityRef(id string) *identityRef {
	p := c.person(id)
	return &identityRef{p.name, p.id, p.uniqueName, "aad.FAKE-" + p.id}
}
