package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf16"
)

// teamRoutes are the teams (vsts-rest-api-specs, core/7.1).
func teamRoutes() []route {
	const teams, one = "/{org}/_apis/projects/{project}/teams", "/{org}/_apis/projects/{project}/teams/{team}"
	change := func(method, pattern, scope string, h func(*call, *project) reply) route {
		return route{area: vssArea{}, method: method, pattern: pattern, scopes: []string{scope}, handle: inProject(h)}
	}
	return []route{
		get(teams, coreRead(), inProject(listTeams)),
		// The API description names no scope here.
		get(one, nil, inProject(withTeam(getTeam))),
		get(one+"/members", coreRead(), inProject(withTeam(listMembers))),
		{
			area: vssArea{}, method: http.MethodGet, pattern: "/{org}/_apis/teams",
			scopes: []string{"vso.project"}, handle: listAllTeams,
		},
		change(http.MethodPost, teams, "vso.project_manage", createTeam),
		change(http.MethodPatch, one, "vso.project_write", withTeam(updateTeam)),
		change(http.MethodDelete, one, "vso.project_manage", withTeam(deleteTeam)),
	}
}

// withTeam finds the team that a path names.
func withTeam(h func(*call, *project, *team) reply) func(*call, *project) reply {
	return func(c *call, p *project) reply {
		t := p.team(c.param("team"))
		if t == nil {
			return c.vssError(http.StatusNotFound, vssProblem{
				message: fmt.Sprintf("The team with id '%s' does not exist.", c.param("team")),
				typeKey: "TeamNotFoundException", namespace: "Microsoft.Azure.Devops.Teams.Service",
			})
		}
		return h(c, p, t)
	}
}

// usualTeamPage is the page size without $top. There is no continuation token
// (azure-sdk-tools#181, backstage#23533).
const usualTeamPage = 100

func listTeams(c *call, p *project) reply { return c.teamPage(c.wireTeams(p)) }

func listAllTeams(c *call) reply {
	var all []teamWire
	for _, p := range c.org.Projects {
		if c.sees(p) {
			all = append(all, c.wireTeams(p)...)
		}
	}
	return c.teamPage(all)
}

func (c *call) teamPage(all []teamWire) reply {
	return listReply(window(c, all, usualTeamPage, c.atMost(len(all))), "")
}

func (c *call) wireTeams(p *project) []teamWire {
	mine := strings.EqualFold(c.query.Get("$mine"), "true")
	var out []teamWire
	for _, t := range p.Teams {
		if !mine || slices.Contains(t.Members, c.who.id) {
			out = append(out, c.wireTeam(p, t))
		}
	}
	return out
}

func getTeam(c *call, p *project, t *team) reply {
	return jsonReply(http.StatusOK, c.wireTeam(p, t))
}

// teamWish is the requested name and description of a team; nil leaves a value
// unchanged.
type teamWish struct{ Name, Description *string }

// apply changes a new or existing team, unless the request is invalid. White space
// around a name is removed (terraform-provider-azuredevops#1599).
func (w teamWish) apply(c *call, p *project, t *team) *reply {
	name, description := t.Name, t.Description
	set(&name, w.Name)
	set(&description, w.Description)
	name, description = strings.TrimSpace(name), strings.TrimSpace(description)
	problem := teamNameProblem(name)
	switch {
	case problem != "":
		return ended(c.badTeam(fmt.Sprintf("The team name '%s' is not valid: %s.", name, problem)))
	case p.taken(name, t):
		return ended(c.badTeam(fmt.Sprintf("The name '%s' is already used in the project %s.", name, p.Name)))
	case len(utf16.Encode([]rune(description))) > maxTeamDescription:
		return ended(c.badTeam(fmt.Sprintf("The description is longer than %d characters.", maxTeamDescription)))
	}
	t.Name, t.Description = name, description
	return nil
}

// badTeam is 400 in the usual envelope, for every invalid name or description
// (core.json, Teams_Create). The service's own codes and types are not published, so
// clients cannot rely on them.
func (c *call) badTeam(message string) reply {
	return c.vssError(http.StatusBadRequest, vssProblem{
		message: message, typeKey: "InvalidTeamException", namespace: "Microsoft.Azure.Devops.Teams.Service",
	})
}

// maxTeams is from azure-devops-docs, organizations/settings/work/object-limits.md.
const maxTeams = 5000

// createTeam makes the caller the first member. Whether the service does so is not
// documented.
func createTeam(c *call, p *project) reply {
	var wish teamWish
	if c.decode(&wish) != nil {
		return c.malformed()
	}
	if !c.administers(p) { // 400 instead of 403: core.json, Teams_Create
		return c.notAdministrator(http.StatusBadRequest, "Edit project-level information")
	}
	if len(p.Teams) >= maxTeams {
		return c.badTeam(fmt.Sprintf("The project has %d teams already.", maxTeams))
	}
	t := &team{ID: newGUID(), Members: []string{c.who.id}, Admins: []string{c.who.id}}
	if refused := wish.apply(c, p, t); refused != nil {
		return *refused
	}
	p.Teams = append(p.Teams, t)
	status := http.StatusOK
	if c.quirks.CreatedIs201 {
		status = http.StatusCreated
	}
	return jsonReply(status, c.wireTeam(p, t))
}

func updateTeam(c *call, p *project, t *team) reply {
	var wish teamWish
	if c.decode(&wish) != nil {
		return c.malformed()
	}
	if !c.administers(p) && !slices.Contains(t.Admins, c.who.id) {
		return c.notAdministrator(http.StatusBadRequest, "Edit project-level information")
	}
	if refused := wish.apply(c, p, t); refused != nil {
		return *refused
	}
	return jsonReply(http.StatusOK, c.wireTeam(p, t))
}

func deleteTeam(c *call, p *project, t *team) reply {
	if !c.administers(p) {
		return c.notAdministrator(http.StatusBadRequest, "Edit project-level information")
	}
	p.Teams = slices.DeleteFunc(p.Teams, func(other *team) bool { return other == t })
	return noContent()
}

// memberWire is TeamMember.
type memberWire struct {
	IsTeamAdmin bool        `json:"isTeamAdmin"`
	Identity    memberIdent `json:"identity"`
}

// memberIdent is IdentityRef, with the properties in the samples of members.
type memberIdent struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	UniqueName  string `json:"uniqueName"`
	URL         string `json:"url"`
	ImageURL    string `json:"imageUrl"`
}

func listMembers(c *call, _ *project, t *team) reply {
	members := make([]memberWire, len(t.Members))
	for i, id := range t.Members {
		p := c.person(id)
		members[i] = memberWire{slices.Contains(t.Admins, id), memberIdent{
			ID: p.id, DisplayName: p.name, UniqueName: p.uniqueName, URL: c.identityURL(id),
			ImageURL: c.base() + "/_api/_common/identityImage?id=" + id,
		}}
	}
	return listReply(window(c, members, usualTeamPage, c.atMost(len(members))), "")
}
