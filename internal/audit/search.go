package audit

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// search is one list to read: the resources of a type in the project owner, for the
// pipelines of the project place. Owner is "" if both are the same. Only a
// repository can belong to another project, and is then named together with it.
type search struct {
	place *place
	kind  string
	owner string
}

// run reads the list and keeps the resources that a rule concerns, in the list's
// order.
func (s search) run(ctx context.Context, site *Site, rules []*policy.Rule, b *baseline) ([]*question, error) {
	owner := s.owner
	if owner == "" {
		owner = s.place.ref
	}
	seek := newSeeker(rules)
	var found []*question
	for r, err := range site.resources(owner).All(ctx, client.ResourceType(s.kind)) {
		if s.owner != "" && fault.Is(err, fault.ProjectNotFound) {
			return nil, nil // the repository does not exist: the rule matches nothing
		}
		if err = cmp.Or(err, ctx.Err()); err != nil { // many globs take time without any request
			return nil, err
		}
		b.exists(s.place.name, s.kind, r.ID)
		q := &question{place: s.place, kind: s.kind, resource: r}
		if seek.look(q) {
			found = append(found, q)
		}
	}
	if s.owner == "" {
		b.searched(s.place.name, s.kind)
	}
	if err := seek.settle(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(found, func(q *question) bool { return len(q.rules) == 0 }), nil
}

// seeker finds the rules that concern a resource without comparing each rule with
// each resource.
type seeker struct {
	globs []*policy.Rule
	ids   map[string][]*policy.Rule
	names map[string][]*policy.Rule // in lower case
	// candidates are the resources that a name may mean. Only at the end of the list is
	// it known which one matches best.
	candidates map[*policy.Rule][]*question
	named      []*policy.Rule // rules with a name, in their order
}

func newSeeker(rules []*policy.Rule) *seeker {
	s := &seeker{ids: map[string][]*policy.Rule{}, names: map[string][]*policy.Rule{}, candidates: map[*policy.Rule][]*question{}}
	for _, r := range rules {
		switch name := strings.ToLower(r.Name); {
		case r.ID != "":
			s.ids[r.ID] = append(s.ids[r.ID], r)
		case r.IsGlob():
			s.globs = append(s.globs, r)
		default:
			s.names[name] = append(s.names[name], r)
			s.named = append(s.named, r)
		}
	}
	return s
}

// look records which rules concern a resource, and reports whether there may be any.
func (s *seeker) look(q *question) bool {
	for _, r := range s.globs {
		if policy.Match(r.Name, q.resource.Name) {
			q.rules = append(q.rules, r)
		}
	}
	q.rules = append(q.rules, s.ids[q.resource.ID]...)
	if _, own, ok := strings.Cut(q.resource.ID, "."); ok { // id of a repository, without its project
		q.rules = append(q.rules, s.ids[own]...)
	}
	named := s.names[strings.ToLower(q.resource.Name)]
	for _, r := range named {
		s.candidates[r] = append(s.candidates[r], q)
	}
	return len(q.rules)+len(named) > 0
}

// settle assigns one resource to every name, in the order of the rules, so that each
// run reports the same one of several ambiguous names.
func (s *seeker) settle() error {
	for _, r := range s.named {
		candidates := s.candidates[r]
		if len(candidates) == 0 {
			continue
		}
		best := meant(r.Name, candidates, func(q *question) string { return q.resource.Name })
		if len(best) > 1 {
			return ambiguous(r.Type, r.Name, best, func(q *question) string { return q.resource.ID })
		}
		best[0].rules = append(best[0].rules, r)
	}
	return nil
}

// meant returns the candidates with exactly this name, or else those whose names differ
// only in case.
func meant[T any](name string, candidates []T, nameOf func(T) string) []T {
	var exact []T
	for _, b := range candidates {
		if nameOf(b) == name {
			exact = append(exact, b)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return candidates
}

func ambiguous[T any](kind, name string, candidates []T, idOf func(T) string) error {
	var ids []string
	for _, b := range candidates[:min(len(candidates), 10)] {
		ids = append(ids, idOf(b))
	}
	return fault.New(fault.AmbiguousName, "%d resources of type %s are named %q: %s", len(candidates), kind, name, strings.Join(ids, ", ")).
		With("use the id instead of the name")
}
