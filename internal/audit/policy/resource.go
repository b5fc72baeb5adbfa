package policy

import (
	"cmp"
	"fmt"
	"strconv"
)

// Resource is what was found of a protected resource.
type Resource struct {
	Project   string // name, or what the run calls it; "" in a run over one resource
	Type, ID  string
	Name      string // "" where it was not looked up
	Open      bool   // every pipeline may use it
	Pipelines []Pipeline

	Checks Checks // the checks in force; empty where no rule asks about them
	Scheme string // how a service connection signs in, as the service names it; "" where it is not known
	Issuer string // who vouches for it where it signs in without a secret; "" where it is not known
}

// Pipeline is one that may use a resource by name.
type Pipeline struct {
	ID   int
	Name string // \folder\name, or the name alone in the root; "" where it was not looked up
	By   string // display name of whoever authorized it; "" where it is not known
	On   string // instant; "" where it is not known
}

// String is the resource for a person, so that it can be told from all others.
func (r Resource) String() string {
	text := r.Type + " " + r.ID
	switch {
	case r.Name != "" && r.ID != "":
		text = r.Type + " " + strconv.Quote(r.Name) + " (" + r.ID + ")"
	case r.Name != "":
		text = r.Type + " " + strconv.Quote(r.Name)
	}
	if r.Project != "" {
		text += " in " + r.Project
	}
	return text
}

// Label is the resource in a table: by its name, where that is known.
func (r Resource) Label() string {
	text := r.Type + " " + cmp.Or(r.Name, r.ID)
	if r.Project != "" {
		text += " in " + r.Project
	}
	return text
}

// String is the pipeline for a person.
func (p Pipeline) String() string {
	if p.Name == "" {
		return fmt.Sprintf("pipeline %d", p.ID)
	}
	return fmt.Sprintf("pipeline %d (%s)", p.ID, p.Name)
}

// ByName are the ids of the pipelines that may use the resource by name.
func (r Resource) ByName() map[int]bool {
	ids := make(map[int]bool, len(r.Pipelines))
	for _, p := range r.Pipelines {
		ids[p.ID] = true
	}
	return ids
}
