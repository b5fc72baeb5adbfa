package audit

import (
	"context"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/text"
)

// question is one resource to check, and the rules that concern it.
type question struct {
	place    *place
	kind     string
	resource client.Resource
	rules    []*policy.Rule
	checks   policy.Checks
}

// plan is the list of questions of a run over many resources.
type plan struct {
	rules     []policy.Rule
	projects  *places
	questions []*question
	matched   map[*policy.Rule][]*place // projects in which a rule matches resources
	known     map[string]*question
}

// makePlan lists the resources that the rules concern. It reads every list once and
// asks about every resource once, however many rules name it.
func (s *survey) makePlan(ctx context.Context) (*plan, error) {
	projects, err := findPlaces(ctx, s.site, s.projects, s.rules)
	if err != nil {
		return nil, err
	}
	p := &plan{rules: s.rules, projects: projects, matched: map[*policy.Rule][]*place{}, known: map[string]*question{}}
	searches, rules := p.searches()
	s.site.Log.Infof("reading %s of resources in %s", text.Count(len(searches), "list"), text.Count(projects.count(), "project"))
	pace := newPace(s.site, "read", len(searches), "list")
	for found, err := range InOrder(ctx, s.site.AtOnce, searches, func(ctx context.Context, one search) ([]*question, error) {
		return one.run(ctx, s.site, rules[one], s.baseline)
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

// take adds a question, or adds its rules to an existing one.
func (p *plan) take(q *question) {
	for _, rule := range q.rules {
		if !slices.Contains(p.matched[rule], q.place) {
			p.matched[rule] = append(p.matched[rule], q.place)
		}
	}
	key := resourceKey(q.place.name, q.kind, q.resource.ID)
	if asked := p.known[key]; asked != nil {
		asked.rules = append(asked.rules, q.rules...)
		return
	}
	p.known[key] = q
	p.questions = append(p.questions, q)
}

// resourceKey identifies a resource in a run.
func resourceKey(project, kind, id string) string {
	return strings.Join([]string{strings.ToLower(project), kind, id}, "\x00")
}

// searches returns the lists that the rules need, in the order of the rules, and the
// rules that need each list.
func (p *plan) searches() ([]search, map[search][]*policy.Rule) {
	var all []search
	rules := map[search][]*policy.Rule{}
	for i := range p.rules {
		r := &p.rules[i]
		for _, where := range p.projects.ofRule(r) {
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

// unmatched returns the rules that match nothing.
func (p *plan) unmatched() []*policy.Rule {
	var all []*policy.Rule
	for i := range p.rules {
		if r := &p.rules[i]; len(p.matched[r]) == 0 {
			all = append(all, r)
		}
	}
	return all
}
