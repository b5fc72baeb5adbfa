package client

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// ref is Resource in the API description.
type ref struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// key identifies a resource, whatever case the service uses.
func (r ref) key() Key { return Key{ResourceType(strings.ToLower(r.Type)), strings.ToLower(r.ID)} }

// Key identifies a resource in the permission API.
type Key struct {
	Type ResourceType
	ID   string // in lower case
}

// Change says what to change about one resource. Anything that it does not mention
// stays unchanged.
type Change struct {
	Type     ResourceType
	ID, Name string // the name is for the service's own log
	Open     *bool  // every pipeline may
	Permit   []int  // ids of pipelines
	TakeAway []int  // ids of pipelines
}

// Key identifies the resource to change.
func (c Change) Key() Key { return ref{Type: string(c.Type), ID: c.ID}.key() }

// Parts splits the change into steps of at most n pipelines.
func (c Change) Parts(n int) []Change {
	var parts []Change
	part := Change{Type: c.Type, ID: c.ID, Name: c.Name, Open: c.Open}
	add := func(ids []int, into func(*Change) *[]int) {
		for _, id := range ids {
			if len(part.Permit)+len(part.TakeAway) == n {
				parts = append(parts, part)
				part = Change{Type: c.Type, ID: c.ID, Name: c.Name}
			}
			*into(&part) = append(*into(&part), id)
		}
	}
	add(c.Permit, func(p *Change) *[]int { return &p.Permit })
	add(c.TakeAway, func(p *Change) *[]int { return &p.TakeAway })
	return append(parts, part)
}

// wish is the body of a PATCH: ResourcePipelinePermissions (pipelinePermissions.json
// 7.1).
type wish struct {
	Resource     *ref            `json:"resource,omitempty"`
	AllPipelines *authorized     `json:"allPipelines,omitempty"`
	Pipelines    []pipelineGrant `json:"pipelines"`
}

type authorized struct {
	Authorized bool `json:"authorized"`
}

type pipelineGrant struct {
	ID int `json:"id"`
	authorized
}

func (c Change) wish() wish {
	w := wish{Pipelines: make([]pipelineGrant, 0, len(c.Permit)+len(c.TakeAway))}
	if c.Open != nil {
		w.AllPipelines = &authorized{*c.Open}
	}
	for _, id := range c.Permit {
		w.Pipelines = append(w.Pipelines, pipelineGrant{id, authorized{true}})
	}
	for _, id := range c.TakeAway {
		w.Pipelines = append(w.Pipelines, pipelineGrant{id, authorized{false}})
	}
	return w
}

// Update changes the permissions of one resource and returns the resulting ones. It
// does not retry after a lost response: read the permissions first. PATCH
// {organization}/{project}/_apis/pipelines/pipelinepermissions/{type}/{id}
func (p *Permissions) Update(ctx context.Context, c Change) (Permission, error) {
	call := p.patch(fault.ResourceNotFound, c.wish(), string(c.Type), c.ID)
	found, err := p.read(ctx, call)
	if err != nil {
		return Permission{}, fmt.Errorf("change the pipeline permissions of the %s %s: %w", c.Type, c.ID, explainChange(err, c.Type))
	}
	return found, nil
}

// permissionAnswer is one element of a list of ResourcePipelinePermissions.
type permissionAnswer struct {
	permissionsBeside
	Pipelines grantList `json:"pipelines"`
}

// grantList reads pipelines one by one and keeps those that are authorized.
type grantList struct{ Permission }

// UnmarshalJSON implements json.Unmarshaler.
func (g *grantList) UnmarshalJSON(text []byte) error {
	names := people{}
	return eachOf(text, maxGrants, func(one pipelineAnswer) { g.take(one, names) })
}

// UpdateAll changes the permissions of several resources, all or none, and returns
// those that the response contains. It does not retry after a lost response. PATCH
// {organization}/{project}/_apis/pipelines/pipelinepermissions
func (p *Permissions) UpdateAll(ctx context.Context, changes []Change) (map[Key]Permission, error) {
	body := make([]wish, len(changes))
	for i, c := range changes {
		body[i] = c.wish()
		body[i].Resource = &ref{string(c.Type), c.ID, c.Name}
	}
	call := p.patch(fault.ProjectNotFound, body)
	call.Bounds.Element = 4 << 20
	found := make(map[Key]Permission, len(changes))
	_, err := transport.List(ctx, p.Caller, call, "value", nil, func(a permissionAnswer) error {
		if a.Resource != nil {
			found[a.Resource.key()] = Permission{Open: a.open(), Grants: a.Pipelines.Grants}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("change the pipeline permissions of %d resources: %w", len(changes), explainChange(err, changes[0].Type))
	}
	return found, nil
}

func (p *Permissions) patch(missing fault.Code, body any, more ...string) transport.Call {
	segments := append([]string{p.Project, "_apis", "pipelines", "pipelinepermissions"}, more...)
	call := devops(http.MethodPatch, p.Base, permissionVersion, missing, nil, segments...)
	call.Body, call.Once = body, true
	return call
}

// explainChange adds who may change the permissions of a resource. The service gives
// the same response for a resource that does not exist and for a missing permission
// (microsoft/terraform-provider-azuredevops#923).
func explainChange(err error, t ResourceType) error {
	if !answered(err) {
		return err
	}
	e := fault.From(err)
	switch e.Code {
	case fault.PermissionDenied, fault.RequestRefused, fault.ResourceNotFound:
		e.Hints = []string{
			"the credential's identity must be an Administrator of the resource (" + administratorsPage(t) + "); open access may need that role for all resources of the type",
			"a PAT or delegated token also needs the scope vso.pipelineresources_manage",
		}
	case fault.CredentialRejected:
		e.Hints = append(e.Advice(), "changing pipeline permissions requires the scope vso.pipelineresources_manage")
	}
	return e
}

// administratorsPage returns the page on which the administrators of a resource are
// set.
func administratorsPage(t ResourceType) string {
	switch t {
	case Endpoint:
		return "Project settings > Service connections > the connection > Security"
	case Queue:
		return "Project settings > Agent pools > the pool > Security"
	case VariableGroup, SecureFile:
		return "Pipelines > Library > Security"
	case Environment:
		return "Pipelines > Environments > the environment > Security"
	}
	return "Project settings > Repositories > Security"
}
