package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Permission is a protected resource, and who may use it, as a test or a person
// sees it.
type Permission struct {
	Organization string `json:"organization"`
	Project      string `json:"project"` // of the pipelines
	Type         string `json:"type"`
	ID           string `json:"id"`
	Name         string `json:"name"` // "" if the project has no such resource
	OpenAccess   bool   `json:"openAccess"`
	Pipelines    []int  `json:"pipelines"` // those authorized by name
}

// Permissions are those of every resource of every project, also where nobody
// is authorized, by type and id.
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
