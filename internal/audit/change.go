package audit

import (
	"maps"
	"slices"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
)

// change returns the permissions to change so that the rules are satisfied. What two
// rules disagree about stays unchanged and remains a violation.
func (f *found) change() client.Change {
	c := client.Change{Type: client.ResourceType(f.resource.Type), ID: f.resource.ID, Name: f.resource.Name}
	if access, ok := f.access(); ok && access != f.resource.Open {
		c.Open = &access
	}
	c.Permit, c.TakeAway = f.toPermit(c), f.toTakeAway()
	return c
}

// access reports whether the rules require open access; ok is false if they do not
// care. An exclusive rule of a policy forbids it, whatever it says about open
// access, because every pipeline could use the resource.
func (f *found) access() (open, ok bool) {
	required, forbidden := false, false
	for _, a := range f.rules {
		exclusive := a.rule.Exclusive && a.rule.Number > 0
		required = required || a.rule.OpenAccess == policy.Required
		forbidden = forbidden || a.rule.OpenAccess == policy.Forbidden || exclusive
	}
	return required, required != forbidden
}

// toPermit returns the pipelines that the rules list and that may not use the
// resource. If the resource is open to all, only an exclusive rule needs them
// individually.
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

// toTakeAway returns the pipelines that no rule lists although one is exclusive.
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

// differences formats a change for the user and the outputs.
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

// label returns the name of a pipeline, from its project or else from a rule.
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

// update sets the current permissions of the resource.
func (f *found) update(p client.Permission) {
	permit(&f.resource, p, f.names)
	for i := range f.resource.Pipelines {
		f.resource.Pipelines[i].Name = f.label(f.resource.Pipelines[i].ID)
	}
}

// rehearse sets the permissions that the resource would have after a change.
func (f *found) rehearse(c client.Change) {
	if c.Open != nil {
		f.resource.Open = *c.Open
	}
	permitted := map[int]policy.Pipeline{}
	for _, p := range f.resource.Pipelines {
		permitted[p.ID] = p
	}
	for _, id := range c.TakeAway {
		delete(permitted, id)
	}
	for _, id := range c.Permit {
		permitted[id] = policy.Pipeline{ID: id, Name: f.label(id)}
	}
	f.resource.Pipelines = make([]policy.Pipeline, 0, len(permitted))
	for _, id := range slices.Sorted(maps.Keys(permitted)) {
		f.resource.Pipelines = append(f.resource.Pipelines, permitted[id])
	}
}
