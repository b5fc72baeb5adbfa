package steps

import (
	"context"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
)

// question is one resource that is asked about, and the rules that are about it.
type question struct {
	place    *place
	kind     string
	resource client.Resource
	rules    []*policy.Rule
}

// plan is what a run over many resources asks.
type plan struct {
	projects  *places
	questions []*question
	matched   map[*policy.Rule][]*place // where a rule has resources
	known     map[string]*question
}

// makePlan lists what the rules are about. Every list is read once, and every
// resource is asked about once, however many rules name it.
func (c *checkPermissions) makePlan(ctx context.Context, e Env) (*plan, error) {
	projects, err := c.findProjects(ctx, e)
	if err != nil {
		return nil, err
	}
	p := &plan{projects: projects, matched: map[*policy.Rule][]*place{}, known: map[string]*question{}}
	searches, rules := c.searches(projects)
	e.Log.Infof("reads %s of resources in %s", count(len(searches), "list"), count(projects.count(), "project"))
	pace := newPace(e, "read", len(searches), "list")
	for found, err := range inOrder(ctx, int(c.Concurrency), searches, func(ctx context.Context, s search) ([]*question, error) {
		return c.search(ctx, e, s, rules[s])
	}) {
		if err != nil {
			return nil, err
		}
		for _, q := range found {
			p.take(q)
		}
		pace.step()
	}
	for _, q := range p.questions {
		slices.SortFunc(q.rules, func(a, b *policy.Rule) int { return a.Number - b.Number })
	}
	return p, nil
}

// take adds a question, or the rules of one that is asked already.
func (p *plan) take(q *question) {
	for _, rule := range q.rules {
		if !slices.Contains(p.matched[rule], q.place) {
			p.matched[rule] = append(p.matched[rule], q.place)
		}
	}
	key := strings.Join([]string{strings.ToLower(q.place.name), q.kind, q.resource.ID}, "\x00")
	if asked := p.known[key]; asked != nil {
		asked.rules = append(asked.rules, q.rules...)
		return
	}
	p.known[key] = q
	p.questions = append(p.questions, q)
}

// searches are the lists that the rules need, in the order of the rules, and
// the rules that need each.
func (c *checkPermissions) searches(projects *places) ([]search, map[search][]*policy.Rule) {
	var all []search
	rules := map[search][]*policy.Rule{}
	for i := range c.rules {
		r := &c.rules[i]
		for _, where := range projects.ofRule(r) {
			s := search{place: where, kind: r.Type}
			if owner, _, ok := strings.Cut(r.ID, "."); ok && r.Type == string(client.Repository) {
				s.owner = owner
			}
			if rules[s] == nil {
				all = append(all, s)
			}
			rules[s] = append(rules[s], r)
		}
	}
	return all, rules
}
