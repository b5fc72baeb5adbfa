package audit

import (
	"context"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/fault"
)

// listings maps each rule to the pipelines that it lists, by project.
type listings map[*policy.Rule]map[*place]*policy.Listing

// lookUpAll finds the pipelines that the rules list, in every project in which they
// match resources. A name that does not exist in any of these projects is an error.
// If it exists in some of them, it is a violation in the others.
func (p *plan) lookUpAll(ctx context.Context, s *Site) (listings, error) {
	if err := p.readNames(ctx, s); err != nil {
		return nil, err
	}
	lists := listings{}
	var problems []error
	for i := range p.rules {
		r := &p.rules[i]
		found := map[string]bool{}
		lists[r] = map[*place]*policy.Listing{}
		for _, where := range p.matched[r] {
			listed, err := where.listed(r.Pipelines, found)
			if err != nil {
				problems = append(problems, err)
			}
			lists[r][where] = policy.NewListing(listed)
		}
		for _, text := range r.Pipelines {
			if !found[text] && len(p.matched[r]) > 0 {
				problems = append(problems, noPipeline(text, joined(p.matched[r])))
			}
		}
	}
	if len(problems) > 0 {
		return nil, fault.Join(problems)
	}
	return lists, nil
}

// readNames reads the pipelines of all projects in which a rule matches resources
// and lists a pipeline by name.
func (p *plan) readNames(ctx context.Context, s *Site) error {
	var needed []*place
	seen := map[*place]bool{}
	for i := range p.rules {
		r := &p.rules[i]
		if nameless(r.Pipelines) {
			continue
		}
		for _, where := range p.matched[r] {
			if !seen[where] {
				seen[where] = true
				needed = append(needed, where)
			}
		}
	}
	for _, err := range InOrder(ctx, s.AtOnce, needed, func(ctx context.Context, where *place) (*pipelineNames, error) {
		return where.names(ctx, s)
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// listed resolves pipelines in the project and records in found which ones exist.
func (p *place) listed(texts []string, found map[string]bool) ([]policy.Listed, error) {
	names := p.pipelines
	if names == nil {
		names = new(pipelineNames) // all of them are ids
	}
	all := make([]policy.Listed, len(texts))
	for i, text := range texts {
		one, err := names.find(text)
		if err != nil {
			found[text] = true
			return nil, err
		}
		all[i] = one
		found[text] = found[text] || one.ID != 0
	}
	return all, nil
}
