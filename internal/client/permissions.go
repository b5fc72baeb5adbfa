package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// permissionVersion is a preview: the API has been one in every version so far.
const permissionVersion = "7.1-preview.1"

// Permissions is the API for the pipeline permissions of the resources in one
// project.
type Permissions struct {
	Caller  *Caller
	Base    *url.URL // Organization.Base
	Project string   // name or id of the project that the pipelines are in
}

// Permission says which pipelines may use a resource.
type Permission struct {
	Open   bool    // every pipeline may use it, whatever Grants contains
	Grants []Grant // pipelines that are permitted individually, in the service's order
}

// Grant is one pipeline's permission.
type Grant struct {
	Pipeline int    // id
	By       string // display name of the person who permitted it, never an address; "" if unknown
	On       string // time, as the service writes it; "" if unknown
}

// Get asks for the permissions of one resource. The id of a repository is
// projectId.repositoryId. For a resource that does not exist, the service may answer
// as for one that no pipeline may use, or with resource-not-found. GET
// {organization}/{project}/_apis/pipelines/pipelinepermissions/{type}/{id}
func (p *Permissions) Get(ctx context.Context, t ResourceType, id string) (Permission, error) {
	call := devops(http.MethodGet, p.Base, permissionVersion, fault.ResourceNotFound, nil, p.Project, "_apis", "pipelines", "pipelinepermissions", string(t), id)
	found, err := p.read(ctx, call)
	if err != nil {
		return Permission{}, fmt.Errorf("read the pipeline permissions of the %s %s: %w", t, id, explainRead(err, "vso.build"))
	}
	return found, nil
}

// permissionBounds allow more than any resource needs. They are tight because a
// response of a few KiB may expand to much more, and many are read at the same time.
var permissionBounds = transport.Bounds{Element: 64 << 10, Total: 8 << 20, Count: maxGrants, Absent: true}

// maxGrants is how many individual pipelines may be permitted for one resource.
const maxGrants = 50_000

// read makes a call that returns ResourcePipelinePermissions, and reads the response
// pipeline by pipeline.
func (p *Permissions) read(ctx context.Context, call transport.Call) (Permission, error) {
	call.Bounds = permissionBounds
	var found Permission
	var beside permissionsBeside
	names := people{}
	reply, err := transport.List(ctx, p.Caller, call, "pipelines", &beside, func(one pipelineAnswer) error {
		found.take(one, names)
		return nil
	})
	if err == nil && !beside.tells() {
		err = noPermissions(reply, call.Once)
	}
	found.Open = beside.open()
	return found, err
}

// noPermissions returns the error for a response that says nothing about
// permissions. Treating it as "no pipeline may" would let an exclusive rule pass.
func noPermissions(reply transport.Reply, maybeDone bool) *fault.Error {
	return &fault.Error{Code: fault.BadResponse, Status: reply.Status, RequestID: reply.RequestID, MaybeDone: maybeDone,
		Err: errors.New("the response contains neither pipelines nor a resource")}
}

// permissionsBeside is ResourcePipelinePermissions (pipelinePermissions.json 7.1)
// without its pipelines. allPipelines is absent if access is not open.
type permissionsBeside struct {
	Resource     *ref `json:"resource"`
	AllPipelines *struct {
		Authorized bool `json:"authorized"`
	} `json:"allPipelines"`
	Pipelines *[]struct{} `json:"pipelines"`
}

// tells reports whether the response has any of the documented members.
func (a permissionsBeside) tells() bool {
	return a.Resource != nil || a.AllPipelines != nil || a.Pipelines != nil
}

func (a permissionsBeside) open() bool { return a.AllPipelines != nil && a.AllPipelines.Authorized }

// pipelineAnswer is PipelinePermission; the person and the time may be absent.
type pipelineAnswer struct {
	ID           int  `json:"id"`
	Authorized   bool `json:"authorized"`
	AuthorizedBy struct {
		DisplayName string `json:"displayName"`
	} `json:"authorizedBy"`
	AuthorizedOn string `json:"authorizedOn"`
}

// people holds the names of those who gave permissions, each stored once, because
// most permissions come from the same few people. Beyond a plausible number of
// people, names are dropped.
type people map[string]string

// maxPerson is the maximum length of a person's name that is kept, in bytes.
const maxPerson = 256

func (p people) name(display string) string {
	cut := display[:min(len(display), maxPerson)]
	if name, known := p[cut]; known || len(p) == maxFew {
		return name
	}
	name := withoutAddress(strings.ToValidUTF8(cut, ""))
	p[strings.Clone(cut)] = strings.Clone(name)
	return name
}

// take adds a pipeline if it is authorized.
func (p *Permission) take(one pipelineAnswer, names people) {
	if !one.Authorized {
		return
	}
	g := Grant{Pipeline: one.ID, By: names.name(one.AuthorizedBy.DisplayName)}
	if instant.MatchString(one.AuthorizedOn) {
		g.On = one.AuthorizedOn
	}
	p.Grants = append(p.Grants, g)
}

// instant matches a date and time in ISO 8601. The service writes 0 to 7 fractional
// digits, and sometimes omits the zone.
var instant = pattern.New(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?$`)

// withoutAddress removes mail addresses from a display name: an account without a
// name is shown by its address.
func withoutAddress(name string) string {
	if !strings.Contains(name, "@") {
		return name
	}
	words := strings.Fields(name)
	kept := words[:0]
	for _, w := range words {
		if !strings.Contains(w, "@") {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// explainRead adds the scope that the call needs.
func explainRead(err error, scope string) error {
	if !answered(err) {
		return err
	}
	e := fault.From(err)
	switch e.Code {
	case fault.PermissionDenied, fault.CredentialRejected:
		e.Hints = append(e.Advice(), "the credential needs the scope "+scope+", and its identity may need permission to read the resource")
	}
	return e
}
