package audit

import (
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"

	"github.com/google/go-cmp/cmp"
)

// ofPolicy returns a rule of a policy with its pipelines.
func ofPolicy(rule policy.Rule, ids ...int) asked {
	rule.Number = 1
	return byInputs(rule, ids...)
}

func byInputs(rule policy.Rule, ids ...int) asked {
	listed := make([]policy.Listed, len(ids))
	for i, id := range ids {
		listed[i] = policy.Listed{Text: "p", ID: id}
	}
	return asked{&rule, policy.NewListing(listed)}
}

func usable(open bool, ids ...int) policy.Resource {
	r := policy.Resource{Type: "environment", ID: "1", Name: "x", Open: open}
	for _, id := range ids {
		r.Pipelines = append(r.Pipelines, policy.Pipeline{ID: id})
	}
	return r
}

func TestChange(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	forbidden, allowed, required := policy.Rule{OpenAccess: policy.Forbidden}, policy.Rule{OpenAccess: policy.Allowed}, policy.Rule{OpenAccess: policy.Required}
	exclusive := func(r policy.Rule) policy.Rule { r.Exclusive = true; return r }
	for name, c := range map[string]struct {
		found policy.Resource
		rules []asked
		want  client.Change
	}{
		"as it should be":                 {usable(false, 1, 2), []asked{ofPolicy(forbidden, 2)}, client.Change{}},
		"one is missing":                  {usable(false, 1), []asked{ofPolicy(forbidden, 2, 1, 3)}, client.Change{Permit: []int{2, 3}}},
		"listed twice":                    {usable(false), []asked{ofPolicy(forbidden, 2), ofPolicy(forbidden, 2)}, client.Change{Permit: []int{2}}},
		"no such pipeline":                {usable(false), []asked{ofPolicy(forbidden, 0)}, client.Change{}},
		"exclusive":                       {usable(false, 1, 2), []asked{ofPolicy(exclusive(forbidden), 2)}, client.Change{TakeAway: []int{1}}},
		"nobody's":                        {usable(false, 1, 2), []asked{ofPolicy(exclusive(forbidden))}, client.Change{TakeAway: []int{1, 2}}},
		"exclusive, and another's":        {usable(false, 1, 3), []asked{ofPolicy(exclusive(forbidden), 2), ofPolicy(forbidden, 1)}, client.Change{Permit: []int{2}, TakeAway: []int{3}}},
		"to be closed":                    {usable(true), []asked{ofPolicy(forbidden, 2)}, client.Change{Open: &no, Permit: []int{2}}},
		"may be open":                     {usable(true), []asked{ofPolicy(allowed, 2)}, client.Change{}},
		"to be opened":                    {usable(false), []asked{ofPolicy(required, 2)}, client.Change{Open: &yes}},
		"is open":                         {usable(true, 1), []asked{ofPolicy(required)}, client.Change{}},
		"open, and exclusive by a policy": {usable(true, 1), []asked{ofPolicy(exclusive(allowed), 1)}, client.Change{Open: &no}},
		"open, and exclusive by inputs":   {usable(true, 1), []asked{byInputs(exclusive(allowed), 2)}, client.Change{Permit: []int{2}, TakeAway: []int{1}}},
		"opened and exclusive by inputs":  {usable(false, 1), []asked{byInputs(exclusive(required), 2)}, client.Change{Open: &yes, Permit: []int{2}, TakeAway: []int{1}}},
		"contradictory":                   {usable(true), []asked{ofPolicy(forbidden), ofPolicy(required)}, client.Change{}},
		"contradictory, closed":           {usable(false), []asked{ofPolicy(forbidden), ofPolicy(required)}, client.Change{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &found{resource: c.found, rules: c.rules}
			c.want.Type, c.want.ID, c.want.Name = client.Environment, "1", "x"
			if diff := cmp.Diff(c.want, f.change()); diff != "" {
				t.Error(diff)
			}
			f.rehearse(f.change())
			again := f.change()
			if again.Open != nil || len(again.Permit)+len(again.TakeAway) > 0 {
				t.Errorf("after the change there is more to do: %+v", again)
			}
		})
	}
}

// FuzzChange checks that, for any rules, nothing is left to change after a change.
func FuzzChange(f *testing.F) {
	f.Add(true, []byte{1, 2, 3}, []byte{0x12, 2}, []byte{0x21, 1})
	f.Fuzz(func(t *testing.T, open bool, granted, first, second []byte) {
		one := &found{resource: usable(open)}
		for _, id := range granted {
			one.resource.Pipelines = append(one.resource.Pipelines, policy.Pipeline{ID: int(id) + 1})
		}
		for _, text := range [][]byte{first, second} {
			if len(text) == 0 {
				continue
			}
			rule := policy.Rule{OpenAccess: []policy.Access{policy.Forbidden, policy.Allowed, policy.Required}[text[0]%3], Exclusive: text[0]&16 != 0, Number: int(text[0] >> 5)}
			var ids []int
			for _, id := range text[1:] {
				ids = append(ids, int(id))
			}
			a := byInputs(rule, ids...)
			one.rules = append(one.rules, a)
		}
		one.rehearse(one.change())
		if again := one.change(); again.Open != nil || len(again.Permit)+len(again.TakeAway) > 0 {
			t.Errorf("there is more to do: %+v of %+v", again, one.resource)
		}
	})
}
