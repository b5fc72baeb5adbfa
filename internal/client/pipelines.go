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

// Pipelines is the list of one project's pipelines: its build definitions.
type Pipelines struct {
	Caller  *Caller
	Base    *url.URL // Organization.Base
	Project string   // name or id
}

// Pipeline is a pipeline as its project lists it.
type Pipeline struct {
	ID     int    `json:"id"`
	Name   string `json:"name"`
	Folder string `json:"path"` // begins with a backslash; \ alone is the root
}

// Path returns \folder\name, or \name for a pipeline in the root folder.
func (p Pipeline) Path() string {
	if p.Folder == "" || p.Folder == `\` {
		return `\` + p.Name
	}
	return p.Folder + `\` + p.Name
}

func (p Pipeline) weight() int { return len(p.Name) + len(p.Folder) }

// All yields the project's pipelines sorted by name, from all pages. If like is not
// empty, the service leaves out pipelines whose names do not match it. How it
// matches is not documented, so callers must compare the names themselves.
// GET {organization}/{project}/_apis/build/definitions
func (p *Pipelines) All(ctx context.Context, like string) iter.Seq2[Pipeline, error] {
	return pages(ctx, func(ctx context.Context, token string, each func(Pipeline) error) (string, error) {
		query := url.Values{"$top": {pageLength}, "queryOrder": {"definitionNameAscending"}}
		if like != "" {
			query.Set("name", like)
		}
		if token != "" {
			query.Set("continuationToken", token)
		}
		call := devops(http.MethodGet, p.Base, "7.1", fault.ProjectNotFound, query, p.Project, "_apis", "build", "definitions")
		var page listed
		reply, err := transport.List(ctx, p.Caller, call, "value", &page, each)
		return page.next(reply), stopOr(err, fmt.Sprintf("list the pipelines of %s", p.Project), func(err error) error { return explainRead(err, "vso.build") })
	})
}
