package client

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// ResourceType is a type of protected resource, named as in the permission API.
type ResourceType string

// The types of protected resources.
const (
	Endpoint      ResourceType = "endpoint"
	Queue         ResourceType = "queue"
	VariableGroup ResourceType = "variablegroup"
	Environment   ResourceType = "environment"
	Repository    ResourceType = "repository"
	SecureFile    ResourceType = "securefile"
)

// Resources lists the resources of one project.
type Resources struct {
	Caller  *Caller
	Base    *url.URL // Organization.Base
	Project string   // name or id
	Cloud   bool     // Organization.Cloud
}

// Resource is a protected resource. ID identifies it in the permission API:
// projectId.repositoryId for a repository, otherwise the resource's own id.
type Resource struct {
	ID, Name string
	// Scheme is how a service connection authenticates, and Issuer is the issuer of
	// its tokens if it needs no secret (serviceEndpoint 7.1, EndpointAuthorization).
	// Both are "" for other types, and if the service does not say.
	Scheme, Issuer string
}

func (r Resource) weight() int { return len(r.ID) + len(r.Name) }

// source says where the resources of a type are listed (vsts-rest-api-specs:
// serviceEndpoint, distributedTask, git 7.1; environments, distributedTask 7.2).
type source struct {
	version string
	path    []string
	scope   string     // scope required to read the list
	byID    string     // query parameter for one id; if "", the path is path/{id}
	paged   url.Values // for lists whose page length can be set
}

// pageLength is used for lists with small elements.
const pageLength = "1000"

func (r *Resources) source(t ResourceType) source {
	switch t {
	case Endpoint:
		return source{"7.1", []string{"serviceendpoint", "endpoints"}, "vso.serviceendpoint", "endpointIds", nil}
	case Queue:
		return source{"7.1", []string{"distributedtask", "queues"}, "vso.agentpools", "queueIds", nil}
	case VariableGroup:
		return source{"7.1", []string{"distributedtask", "variablegroups"}, "vso.variablegroups_read", "groupIds", nil}
	case Repository:
		return source{"7.1", []string{"git", "repositories"}, "vso.code", "", nil}
	case SecureFile: // documented only as a preview of 7.2
		return source{"7.2-preview.1", []string{"distributedtask", "securefiles"}, "vso.securefiles_read", "secureFileIds", nil}
	}
	paged := url.Values{"$top": {pageLength}}
	if r.Cloud { // Azure DevOps Server does not know 7.2, in which a weaker scope is enough to read
		return source{"7.2-preview.1", []string{"pipelines", "environments"}, "vso.build", "", paged}
	}
	return source{"7.1", []string{"distributedtask", "environments"}, "vso.environment_manage", "", paged}
}

func (r *Resources) call(s source, missing fault.Code, query url.Values, more ...string) transport.Call {
	segments := append(append([]string{r.Project, "_apis"}, s.path...), more...)
	return devops(http.MethodGet, r.Base, s.version, missing, query, segments...)
}

// All yields the project's resources of a type, from all pages. It follows every
// next page that the service names, even if the list is not documented to have
// pages.
func (r *Resources) All(ctx context.Context, t ResourceType) iter.Seq2[Resource, error] {
	return r.list(ctx, t, nil)
}

func (r *Resources) list(ctx context.Context, t ResourceType, filter url.Values) iter.Seq2[Resource, error] {
	s := r.source(t)
	return pages(ctx, func(ctx context.Context, token string, each func(Resource) error) (string, error) {
		query := url.Values{}
		for _, v := range []url.Values{s.paged, filter} {
			for key := range v {
				query.Set(key, v.Get(key))
			}
		}
		if token != "" {
			query.Set("continuationToken", token)
		}
		var page listed
		reply, err := transport.List(ctx, r.Caller, r.call(s, fault.ProjectNotFound, query), "value", &page, func(e element) error { return each(e.resource(t)) })
		return page.next(reply), stopOr(err, fmt.Sprintf("list the resources of type %s in %s", t, r.Project), func(err error) error { return explainRead(err, s.scope) })
	})
}

// Find returns the resource with the given id; ok is false if the project has none.
// A repository is also found by its name, and its id is its own, without the
// project.
func (r *Resources) Find(ctx context.Context, t ResourceType, id string) (found Resource, ok bool, err error) {
	s := r.source(t)
	if s.byID == "" {
		return r.get(ctx, t, s, id)
	}
	// This is a list request because some of these APIs return 200 and null for an
	// unknown id.
	for one, err := range r.list(ctx, t, url.Values{s.byID: {id}}) {
		if err != nil || strings.EqualFold(one.ID, id) {
			return one, err == nil, err
		}
	}
	return Resource{}, false, nil
}

func (r *Resources) get(ctx context.Context, t ResourceType, s source, id string) (Resource, bool, error) {
	var e element
	_, err := r.Caller.Do(ctx, r.call(s, fault.ResourceNotFound, nil, id), &e)
	switch {
	case says(err, fault.ResourceNotFound):
		return Resource{}, false, nil
	case err != nil:
		return Resource{}, false, fmt.Errorf("look up the %s %s: %w", t, id, explainRead(err, s.scope))
	}
	if len(e.ID) == 0 || t == Repository && e.Project.ID == "" {
		return Resource{}, false, fault.New(fault.BadResponse, "look up the %s %s: the response does not name it", t, id)
	}
	return e.resource(t), true, nil
}

// element holds what all six types of resources have in common. Ids are numbers or
// GUIDs.
type element struct {
	ID      json.RawMessage `json:"id"`
	Name    string          `json:"name"`
	Project struct {
		ID string `json:"id"`
	} `json:"project"` // of repositories
	Authorization json.RawMessage `json:"authorization"` // of service connections
}

// authorization is EndpointAuthorization without its secrets.
type authorization struct {
	Scheme     string `json:"scheme"`
	Parameters struct {
		Issuer string `json:"workloadIdentityFederationIssuer"`
	} `json:"parameters"`
}

func (e element) resource(t ResourceType) Resource {
	id := string(e.ID)
	var text string
	if json.Unmarshal(e.ID, &text) == nil {
		id = strings.ToLower(text)
	}
	if t == Repository {
		id = strings.ToLower(e.Project.ID) + "." + id
	}
	found := Resource{ID: id, Name: e.Name}
	if t == Endpoint {
		var how authorization
		_ = json.Unmarshal(e.Authorization, &how) // if it cannot be parsed, the scheme is unknown
		found.Scheme, found.Issuer = how.Scheme, how.Parameters.Issuer
	}
	return found
}
