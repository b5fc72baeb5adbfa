package audit

import (
	"slices"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
)

// change is what has to be different for the rules to hold, as far as
// permissions go. Where two rules contradict each other, what they disagree
// about stays as it is, and is a violation as before.
func (f *found) change() client.Change {
	c := client.Change{Type: client.ResourceType(f.resource.Type), ID: f.resource.ID, Name: f.resource.Name}
	if access, ok := f.access(); ok && access != f.resource.Open {
		c.Open = &access
	}
	c.Permit, c.TakeAway = f.toPermit(c), f.toTakeAway()
	return c
}

// access is whether the rules want open access; ok is false where they leave it
// as it is. An exclusive rule of a policy forbids it, whatever it says of open
// access: every pipeline could use the resource.
func (f *found) access() (open, ok bool) {
	required, forbidden := false, false
	for _, a := range f.rules {
		exclusive := a.rule.Exclusive && a.rule.Number > 0
		required = required || a.rule.OpenAccess == policy.Required
		forbidden = forbidden || a.rule.OpenAccess == policy.Forbidden || exclusive
	}
	return required, required != forbidden
}

// toPermit are the pipelines that the rules list and that may not use the
// resource. Where it is open to all, only an exclusive rule wants them by name.
func (f *found) toPermit(c client.Change) []int {
	openThen := f.resource.Open
	if c.Open != nil {
		openThen = *c.Open
	}
	may := f.resource.ByName()
	var ids []int
	for _, a := range f.rules {
		if openThen && !a.rule.Exclusive {
			continue
		}
		for _, listed := range a.listed.All() {
			if listed.ID != 0 && !may[listed.ID] {
				may[listed.ID] = true
				ids = append(ids, listed.ID)
			}
		}
	}
	return ids
}

// toTakeAway are the pipelines that an exclusive rule does not list, unless
// another rule does.
func (f *found) toTakeAway() []int {
	exclusive := slices.ContainsFunc(f.rules, func(a asked) bool { return a.rule.Exclusive })
	if !exclusive {
		return nil
	}
	var ids []int
	for _, p := range f.resource.Pipelines {
		if !slices.ContainsFunc(f.rules, func(a asked) bool { return a.listed.Has(p.ID) }) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// differences are a change for people and outputs.
func (f *found) differences(c client.Change) []difference {
	var all []difference
	if c.Open != nil {
		all = append(all, openAccess(f.resource, *c.Open))
	}
	for _, id := range c.Permit {
		all = append(all, grant(f.resource, policy.Pipeline{ID: id, Name: f.label(id)}, true))
	}
	for _, id := range c.TakeAway {
		all = append(all, grant(f.resource, policy.Pipeline{ID: id, Name: f.label(id)}, false))
	}
	return all
}

// label is the name of a pipeline, as its project or else as a rule has it.
func (f *found) label(id int) string {
	if name := f.names.label(id); name != "" {
		return name
	}
	for _, a := range f.rules {
		if name := a.listed.Name(id); name != "" {
			return name
		}
	}
	return ""
}

// update sets the permissions that the resource has now.
func (f *found) update(p client.Permission) {
	permit(&f.resource, p, f.names)
	for i := range f.resource.Pipelines {
		f.resource.Pipelines[i].Name = f.label(f.resource.Pipelines[i].ID)
	}
}

// rehearse gives the resource the permissions that it would have after a change.
func (f *found) rehearse(c client.Change) {
	if c.Open != nil {
		f.resource.Open = *c.Open
	}
	gone := map[int]bool{}
	for _, id := range c.TakeAway {
		gone[id] = true
	}
	f.resource.Pipelines = slices.DeleteFunc(slices.Clone(f.resource.Pipelines), func(p policy.Pipeline) bool { return gone[p.ID] })
	for _, id := range c.Permit {
		f.resource.Pipelines = append(f.resource.Pipelines, policy.Pipeline{ID: id, Name: f.label(id)})
	}
	slices.SortFunc(f.resource.Pipelines, func(a, b policy.Pipeline) int { return a.ID - b.ID })
}
