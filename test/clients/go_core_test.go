package clients

import (
	"testing"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
)

func TestGoProjects(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.project"), core.NewClient)
	page := got[*core.GetProjectsResponseValue](t)(c.GetProjects(t.Context(), core.GetProjectsArgs{}))
	same(t, "projects", each(page.Value, func(p core.TeamProjectReference) string { return *p.Name }),
		[]string{"Fabrikam", "Fabrikam Fiber", "Contoso"})

	one := got[*core.TeamProject](t)(c.GetProject(t.Context(), core.GetProjectArgs{ProjectId: ref("Fabrikam Fiber")}))
	same(t, "id", one.Id.String(), "8e5a3cfb-fed3-46f3-8657-e3b175cd0305")
	same(t, "state", string(*one.State), "wellFormed")

	_, err := c.GetProject(t.Context(), core.GetProjectArgs{ProjectId: ref("Nowhere")})
	refused(t, err, 404, "ProjectDoesNotExistWithNameException")
}

func TestGoProjectPages(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.project"), core.NewClient)
	first := got[*core.GetProjectsResponseValue](t)(c.GetProjects(t.Context(), core.GetProjectsArgs{Top: ref(2)}))
	same(t, "continuation token", first.ContinuationToken, "2")
	second := got[*core.GetProjectsResponseValue](t)(c.GetProjects(t.Context(), core.GetProjectsArgs{Top: ref(2), ContinuationToken: ref(2)}))
	same(t, "second page", each(second.Value, func(p core.TeamProjectReference) string { return *p.Name }), []string{"Contoso"})
	same(t, "continuation token", second.ContinuationToken, "")
}

func TestGoTeams(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.project_manage"), core.NewClient)
	name := func(team core.WebApiTeam) string { return *team.Name }
	teams := got[*[]core.WebApiTeam](t)(c.GetTeams(t.Context(), core.GetTeamsArgs{ProjectId: ref(project)}))
	same(t, "teams", each(*teams, name), []string{"Fabrikam Team", "Quality assurance"})

	made := got[*core.WebApiTeam](t)(c.CreateTeam(t.Context(), core.CreateTeamArgs{
		ProjectId: ref(project), Team: &core.WebApiTeam{Name: ref("Go"), Description: ref("made by the Go client")},
	}))
	same(t, "project", *made.ProjectName, project)
	changed := got[*core.WebApiTeam](t)(c.UpdateTeam(t.Context(), core.UpdateTeamArgs{
		ProjectId: ref(project), TeamId: ref(made.Id.String()), TeamData: &core.WebApiTeam{Description: ref("changed")},
	}))
	same(t, "description", *changed.Description, "changed")
	found := got[*core.WebApiTeam](t)(c.GetTeam(t.Context(), core.GetTeamArgs{ProjectId: ref(project), TeamId: ref("Go")}))
	same(t, "id", found.Id, made.Id)

	_, err := c.CreateTeam(t.Context(), core.CreateTeamArgs{ProjectId: ref(project), Team: &core.WebApiTeam{Name: ref("Go")}})
	refused(t, err, 400, "InvalidTeamException")
	if err := c.DeleteTeam(t.Context(), core.DeleteTeamArgs{ProjectId: ref(project), TeamId: ref("Go")}); err != nil {
		t.Error(err)
	}
	_, err = c.GetTeam(t.Context(), core.GetTeamArgs{ProjectId: ref(project), TeamId: ref("Go")})
	refused(t, err, 404, "TeamNotFoundException")
}

func TestGoAllTeams(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.project"), core.NewClient)
	teams := got[*[]core.WebApiTeam](t)(c.GetAllTeams(t.Context(), core.GetAllTeamsArgs{Mine: ref(true)}))
	same(t, "teams", each(*teams, func(team core.WebApiTeam) string { return *team.Name }), []string{"Fabrikam Team", "Quality assurance"})
}

func TestGoTeamMembers(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.project"), core.NewClient)
	members, err := c.GetTeamMembersWithExtendedProperties(t.Context(), core.GetTeamMembersWithExtendedPropertiesArgs{
		ProjectId: ref(project), TeamId: ref("Quality assurance"),
	})
	if err != nil {
		t.Fatal(err)
	}
	type member struct {
		Name  string
		Admin bool
	}
	var names []member
	for _, m := range *members {
		names = append(names, member{*m.Identity.DisplayName, m.IsTeamAdmin != nil && *m.IsTeamAdmin})
	}
	same(t, "members", names, []member{{"Jamal Hartnett", false}, {"Christie Church", true}})
}
