package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// permissions says which pipelines of a project may use a resource.
type permissions struct {
	open      *grant // every pipeline may use it; nil: only those below
	pipelines map[int]grant
}

// grant says who granted a permission, and when. Both can be unknown.
type grant struct {
	by string // object id
	at time.Time
}

// initialPermissions returns the permissions in the seed, granted at a time in the
// past.
func initialPermissions(r *protected, by string) *permissions {
	g := grant{by: by, at: time.Date(2020, 1, 2, 8, 59, 48, 770_000_000, time.UTC)}
	if r.Unsigned {
		g = grant{}
	}
	given := &permissions{pipelines: map[int]grant{}}
	if r.OpenAccess {
		given.open = &g
	}
	for _, id := range r.Pipelines {
		given.pipelines[id] = g
	}
	return given
}

// permissionWish is the body of PATCH. Members that are not set leave the permission
// unchanged.
type permissionWish struct {
	Resource     resourceRef
	AllPipelines *struct{ Authorized bool }
	Pipelines    []struct {
		ID         int
		Authorized bool
	}
}

// apply merges a request into the permissions. Pipelines do not need to exist: those
// that were deleted keep their permissions.
func (g *permissions) apply(w permissionWish, by grant) {
	if w.AllPipelines != nil {
		g.open = nil
		if w.AllPipelines.Authorized {
			g.open = &by
		}
	}
	for _, p := range w.Pipelines {
		_, had := g.pipelines[p.ID]
		switch {
		case !p.Authorized:
			delete(g.pipelines, p.ID)
		case !had: // in the samples, a permission that is granted again keeps its date
			g.pipelines[p.ID] = by
		}
	}
}

// resourceRef is Resource of the API description.
type resourceRef struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// permissionWire is Permission. It is omitted if nobody is authorized.
type permissionWire struct {
	Authorized   bool         `json:"authorized"`
	AuthorizedBy *identityRef `json:"authorizedBy,omitempty"`
	AuthorizedOn string       `json:"authorizedOn,omitempty"`
}

// pipelinePermission is PipelinePermission.
type pipelinePermission struct {
	ID int `json:"id"`
	permissionWire
}

// permissionsWire is ResourcePipelinePermissions.
type permissionsWire struct {
	Resource     resourceRef          `json:"resource"`
	AllPipelines *permissionWire      `json:"allPipelines,omitempty"`
	Pipelines    []pipelinePermission `json:"pipelines"`
}

func (c *call) wirePermissions(r resourceRef, given *permissions) permissionsWire {
	w := permissionsWire{Resource: r, Pipelines: []pipelinePermission{}}
	if given == nil {
		return w
	}
	if given.open != nil {
		open := c.wireGrant(*given.open)
		w.AllPipelines = &open
	}
	for _, id := range slices.Sorted(maps.Keys(given.pipelines)) {
		w.Pipelines = append(w.Pipelines, pipelinePermission{id, c.wireGrant(given.pipelines[id])})
	}
	return w
}

func (c *call) wireGrant(g grant) permissionWire {
	w := permissionWire{Authorized: true}
	if g.by != "" {
		w.AuthorizedBy = c.identityRef(g.by)
		w.AuthorizedOn = wireTime(g.at)
	}
	return w
}

// wireTime formats a time as most of Azure DevOps does: milliseconds, without
// trailing zeros.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// Permission describes a protected resource and who may use it, for tests and
// people.
type Permission struct {
	Organization string `json:"organization"`
	Project      string `json:"project"` // of the pipelines
	Type         string `json:"type"`
	ID           string `json:"id"`
	Name         string `json:"name"` // "" if the project has no such resource
	OpenAccess   bool   `json:"openAccess"`
	Pipelines    []int  `json:"pipelines"` // pipelines that are authorized individually
}

// Permissions returns the permissions of every resource of every project, also of
// those that nobody may use, by type and id.
func (s *Server) Permissions() []Permission {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.allPermissions()
}

func (st *state) allPermissions() []Permission {
	out := []Permission{}
	for _, o := range st.orgs {
		for _, p := range o.Projects {
			out = append(out, p.allPermissions(o.Name)...)
		}
	}
	return out
}

func (p *project) allPermissions(organization string) []Permission {
	keys := map[resourceKey]bool{}
	for k := range p.index {
		keys[k] = true
	}
	for k := range p.granted {
		keys[k] = true
	}
	order := func(a, b resourceKey) int {
		return cmp.Or(strings.Compare(a.kind, b.kind), len(a.id)-len(b.id), strings.Compare(a.id, b.id)) // 9 before 10
	}
	out := make([]Permission, 0, len(keys))
	for _, k := range slices.SortedFunc(maps.Keys(keys), order) {
		shown := Permission{Organization: organization, Project: p.Name, Type: k.kind, ID: k.id, Pipelines: []int{}}
		if r := p.index[k]; r != nil {
			shown.Name = r.Name
		}
		if given := p.granted[k]; given != nil {
			shown.OpenAccess = given.open != nil
			shown.Pipelines = slices.AppendSeq(shown.Pipelines, maps.Keys(given.pipelines))
			slices.Sort(shown.Pipelines)
		}
		out = append(out, shown)
	}
	return out
}
