package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// variableGroupRoutes are the variable groups of distributedTask/7.1.
func variableGroupRoutes() []route {
	return getBoth("/{org}/{project}/_apis/distributedtask/variablegroups", "vso.variablegroups_read", listVariableGroups, getVariableGroup)
}

// variableGroupWire is VariableGroup.
type variableGroupWire struct {
	Variables map[string]variableValue `json:"variables"`
	ID        int                      `json:"id"`
	Type      string                   `json:"type"`
	Name      string                   `json:"name"`
	Text      string                   `json:"description"`
	audit
	IsShared   bool         `json:"isShared"`
	SharedWith []sharedWith `json:"variableGroupProjectReferences"`
}

type variableValue struct {
	Value    *string `json:"value"`
	IsSecret bool    `json:"isSecret,omitempty"`
}

func (c *call) wireVariableGroup(p *project) func(*protected) variableGroupWire {
	region := "westeurope"
	return func(r *protected) variableGroupWire {
		return variableGroupWire{
			Variables: map[string]variableValue{"region": {Value: &region}, "password": {IsSecret: true}},
			ID:        r.number(), Type: "Vsts", Name: r.Name, Text: r.Description, audit: c.audit(), SharedWith: sharedInto(p, r),
		}
	}
}

// listVariableGroups goes by id, the highest first unless told otherwise. Its
// continuation token is the last id that was sent; without $top nothing says that
// there are pages.
func listVariableGroups(c *call, p *project) reply {
	direction := -1
	if strings.EqualFold(c.query.Get("queryOrder"), "idAscending") {
		direction = 1
	}
	after, err := strconv.Atoi(c.query.Get("continuationToken"))
	rest := p.chosen(typeVariableGroup, func(r *protected) bool {
		beyond := err != nil || (r.number()-after)*direction > 0
		return beyond && c.like("groupName", r.Name) && c.inList("groupIds", r.ID)
	})
	slices.SortFunc(rest, func(a, b *protected) int { return cmp.Compare(a.number(), b.number()) * direction })
	page, next := rest[:c.top(len(rest), c.atMost(len(rest)))], ""
	if len(page) < len(rest) {
		next = page[len(page)-1].ID
	}
	return listReply(wired(page, c.wireVariableGroup(p)), next)
}

func getVariableGroup(c *call, p *project) reply {
	r := p.find(typeVariableGroup, c.param("id"))
	if r == nil {
		return null()
	}
	return jsonReply(http.StatusOK, c.wireVariableGroup(p)(r))
}
