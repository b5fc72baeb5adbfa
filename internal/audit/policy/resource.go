package policy

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/azstep/azstep/internal/pattern"
)

// Resource is a protected resource with the permissions that were found.
type Resource struct {
	Project   string // name, or what the run calls it; "" in a run over a single resource
	Type, ID  string
	Name      string // "" where it was not looked up
	Open      bool   // every pipeline may use it
	Pipelines []Pipeline

	Checks Checks // active checks; empty if no rule concerns them
	Scheme string // how a service connection authenticates, as named by the service; "" if unknown
	Issuer string // issuer of the tokens if it authenticates without a secret; "" if unknown
}

// Pipeline is a pipeline that is permitted individually.
type Pipeline struct {
	ID   int
	Name string // \folder\name, or the name alone in the root; "" where it was not looked up
	By   string // display name of the person who authorized it; "" if unknown
	On   string // time; "" if unknown
}

// guid is the form of an id that says nothing to the user. Resources whose ids have
// it have a name that is unique in their project.
var guid = pattern.New(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// String describes the resource uniquely for the user.
func (r Resource) String() string {
	text := r.Type + " " + r.ID
	switch {
	case r.Name != "" && r.ID != "" && !guid.MatchString(r.ID):
		text = r.Type + " " + strconv.Quote(r.Name) + " (" + r.ID + ")"
	case r.Name != "":
		text = r.Type + " " + strconv.Quote(r.Name)
	}
	if r.Project != "" {
		text += " in " + r.Project
	}
	return text
}

// Label names the resource in a table, by its name if known.
func (r Resource) Label() string {
	text := r.Type + " " + cmp.Or(r.Name, r.ID)
	if r.Project != "" {
		text += " in " + r.Project
	}
	return text
}

// String describes the pipeline for the user.
func (p Pipeline) String() string {
	if p.Name == "" {
		return fmt.Sprintf("pipeline %d", p.ID)
	}
	return fmt.Sprintf("pipeline %d (%s)", p.ID, p.Name)
}

// Label names the pipeline in a table, by its name if known.
func (p Pipeline) Label() string { return cmp.Or(p.Name, p.String()) }

// ByName returns the ids of the pipelines that are permitted individually.
func (r Resource) ByName() map[int]bool {
	ids := make(map[int]bool, len(r.Pipelines))
	for _, p := range r.Pipelines {
		ids[p.ID] = true
	}
	return ids
}
