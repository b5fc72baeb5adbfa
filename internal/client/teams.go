package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

const teamVersion = "7.1"

// Teams is the API for the teams of one project.
type Teams struct {
	Caller  *Caller
	Base    *url.URL // Organization.Base
	Project string   // name or id
}

// Team is a team as returned by the service. The response to its creation does not
// contain the project.
type Team struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	URL         string `json:"url"`
	Description string `json:"description"`
	IdentityURL string `json:"identityUrl"`
	ProjectID   string `json:"projectId"`
	ProjectName string `json:"projectName"`
}

// Get returns the team with that name or id; ok is false if the project has none.
// GET {organization}/_apis/projects/{project}/teams/{team}
func (t *Teams) Get(ctx context.Context, name string) (team Team, ok bool, err error) {
	call := devops(http.MethodGet, t.Base, teamVersion, fault.ResourceNotFound, nil, "_apis", "projects", t.Project, "teams", name)
	_, err = t.Caller.Do(ctx, call, &team)
	switch {
	case says(err, fault.ResourceNotFound):
		return Team{}, false, nil
	case err != nil:
		return Team{}, false, fmt.Errorf("look up the team: %w", explainProject(err, "vso.project"))
	}
	return t.located(team), true, nil
}

// Create creates a team. POST {organization}/_apis/projects/{project}/teams
func (t *Teams) Create(ctx context.Context, name, description string) (Team, error) {
	call := devops(http.MethodPost, t.Base, teamVersion, fault.ProjectNotFound, nil, "_apis", "projects", t.Project, "teams")
	call.Once = true
	call.Body = struct {
		Name        string `json:"name"`
		Description string `json:"description,omitempty"`
	}{name, description}
	var team Team
	if _, err := t.Caller.Do(ctx, call, &team); err != nil {
		return Team{}, fmt.Errorf("create the team: %w", explainProject(err, "vso.project_manage"))
	}
	return t.located(team), nil
}

// Describe changes a team's description.
// PATCH {organization}/_apis/projects/{project}/teams/{team}
func (t *Teams) Describe(ctx context.Context, id, description string) (Team, error) {
	call := devops(http.MethodPatch, t.Base, teamVersion, fault.ResourceNotFound, nil, "_apis", "projects", t.Project, "teams", id)
	call.Body = map[string]string{"description": description}
	var team Team
	if _, err := t.Caller.Do(ctx, call, &team); err != nil {
		return Team{}, fmt.Errorf("change the team's description: %w", explainProject(err, "vso.project_write"))
	}
	return t.located(team), nil
}

// located fills in the project from what is already known, without a request.
func (t *Teams) located(team Team) Team {
	if team.ProjectID == "" {
		_, rest, _ := strings.Cut(team.URL, "/_apis/projects/")
		id, _, _ := strings.Cut(rest, "/")
		team.ProjectID, _ = url.PathUnescape(id)
	}
	if team.ProjectName == "" && team.ProjectID != t.Project {
		team.ProjectName = t.Project
	}
	return team
}

// explainProject adds who can change what.
func explainProject(err error, scope string) error {
	if !answered(err) {
		return err
	}
	e := fault.From(err)
	switch {
	case e.Code == fault.RequestRefused && len(e.Hints) > 0: // the service's message is more specific
	case e.Code == fault.PermissionDenied, e.Code == fault.RequestRefused:
		e.Hints = []string{"the credential needs the scope " + scope + ", and its identity needs permission to do this: an administrator of the project can add it to a group (Project settings > Permissions > Project Administrators)"}
		if e.Code == fault.RequestRefused {
			e.Hints = append(e.Hints, "otherwise the message says what the service does not accept")
		}
	case e.Code == fault.CredentialRejected:
		e.Hints = append(e.Advice(), "a PAT needs the scope "+scope)
	}
	return e
}
