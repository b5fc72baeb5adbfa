package steps

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/fault"
)

// pipelineLists are the pipelines that each rule lists, by the project that
// they are in.
type pipelineLists map[*policy.Rule]map[*place][]policy.Listed

// lookUpAll finds the pipelines that the rules list, in every project where
// they have resources. A name that none of these projects has is an error; one
// that only some have is a violation in the others.
func (c *checkPermissions) lookUpAll(ctx context.Context, e Env, p *plan) (pipelineLists, error) {
	if err := c.readNames(ctx, e, p); err != nil {
		return nil, err
	}
	lists := pipelineLists{}
	var problems []error
	for i := range c.rules {
		r := &c.rules[i]
		lists[r] = map[*place][]policy.Listed{}
		found := map[string]bool{}
		for _, where := range p.matched[r] {
			listed, err := where.listed(r.Pipelines, found)
			if err != nil {
				problems = append(problems, err)
			}
			lists[r][where] = listed
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

// readNames reads the pipelines of all projects in which a rule has resources
// and lists a pipeline by name.
func (c *checkPermissions) readNames(ctx context.Context, e Env, p *plan) error {
	var needed []*place
	seen := map[*place]bool{}
	for i := range c.rules {
		r := &c.rules[i]
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
	for _, err := range inOrder(ctx, int(c.Concurrency), needed, func(ctx context.Context, where *place) (*pipelineNames, error) {
		return where.names(ctx, c, e)
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// listed are pipelines as the project knows them; found is told which exist.
func (p *place) listed(texts []string, found map[string]bool) ([]policy.Listed, error) {
	names := p.pipelines
	if names == nil {
		names = new(pipelineNames) // there are ids alone
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

func joined(all []*place) string {
	names := make([]string, 0, 5)
	for i, p := range all {
		if i == 5 {
			names = append(names, "…")
			break
		}
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}
