package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// Projects lists an organization's projects.
type Projects struct {
	Caller *Caller
	Base   *url.URL // Organization.Base
}

// Project is a project as the organization lists it.
type Project struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p Project) weight() int { return len(p.ID) + len(p.Name) }

// All yields the projects that the credential may see and that are ready to be used,
// from all pages. GET {organization}/_apis/projects
func (p *Projects) All(ctx context.Context) iter.Seq2[Project, error] {
	return pages(ctx, func(ctx context.Context, token string, each func(Project) error) (string, error) {
		query := url.Values{"$top": {pageLength}}
		if token != "" {
			query.Set("continuationToken", token)
		}
		call := devops(http.MethodGet, p.Base, "7.1", fault.OrganizationNotFound, query, "_apis", "projects")
		var page listed
		reply, err := transport.List(ctx, p.Caller, call, "value", &page, each)
		return page.next(reply), stopOr(err, "list the projects", func(err error) error { return explainRead(err, "vso.project") })
	})
}

// Get returns the project with that name or id. GET
// {organization}/_apis/projects/{project}
func (p *Projects) Get(ctx context.Context, nameOrID string) (Project, error) {
	call := devops(http.MethodGet, p.Base, "7.1", fault.ProjectNotFound, nil, "_apis", "projects", nameOrID)
	var project Project
	if _, err := p.Caller.Do(ctx, call, &project); err != nil {
		return Project{}, fmt.Errorf("look up the project %s: %w", nameOrID, explainRead(err, "vso.project"))
	}
	return project, nil
}
