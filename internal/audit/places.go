package steps

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// place is a project of the run.
type place struct {
	name string // as it is shown
	ref  string // name or id, as it stands in addresses

	mu        sync.Mutex
	pipelines *pipelineNames // nil: not asked for yet
}

// names are the project's pipelines, read when they are first asked for.
// Whoever asks meanwhile waits.
func (p *place) names(ctx context.Context, c *checkPermissions, e Env) (*pipelineNames, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pipelines == nil {
		api := client.Pipelines{Caller: e.Caller, Base: c.at.Base, Project: p.ref}
		names, err := readPipelines(api.All(ctx, ""))
		if err != nil {
			return nil, err
		}
		p.pipelines = names
	}
	return p.pipelines, nil
}

// places are the projects of a run over many resources.
type places struct {
	run  []*place // those of the input project
	byID map[string]*place
}

// of is the project that a text names, by name or id; nil if unknown.
func (p *places) of(text string) *place { return p.byID[strings.ToLower(text)] }

// count is how many projects are looked at.
func (p *places) count() int {
	all := map[*place]bool{}
	for _, one := range p.byID {
		all[one] = true
	}
	return len(all)
}

// ofRule are the projects that a rule is about.
func (p *places) ofRule(r *policy.Rule) []*place {
	if r.Project == "" {
		return p.run
	}
	return []*place{p.of(r.Project)}
}

// describe names the projects that a rule is about.
func (p *places) describe(r *policy.Rule) string { return joined(p.ofRule(r)) }

// findProjects resolves the input project and the projects of the rules, so
// that one which is named in two ways is one. Where all are named, and
// everything is not asked for, this takes no request.
func (c *checkPermissions) findProjects(ctx context.Context, e Env) (*places, error) {
	all := &places{byID: map[string]*place{}}
	texts := slices.Clone(c.Project)
	for _, r := range c.rules {
		same := func(text string) bool { return strings.EqualFold(text, r.Project) }
		if r.Project != "" && !slices.ContainsFunc(texts, same) {
			texts = append(texts, r.Project)
		}
	}
	if slices.Contains(texts, everything) {
		if err := c.listProjects(ctx, e, all); err != nil {
			return nil, err
		}
	}
	for _, text := range texts {
		if text == everything || all.of(text) != nil {
			continue
		}
		if err := c.addProject(ctx, e, all, text, len(texts) > 1); err != nil {
			return nil, err
		}
	}
	for _, text := range c.Project {
		if p := all.of(text); p != nil && !slices.Contains(all.run, p) {
			all.run = append(all.run, p)
		}
	}
	return all, nil
}

func (c *checkPermissions) listProjects(ctx context.Context, e Env, all *places) error {
	api := client.Projects{Caller: e.Caller, Base: c.at.Base}
	for p, err := range api.All(ctx) {
		if err != nil {
			return err
		}
		all.run = append(all.run, all.add(p.Name, p.ID))
	}
	if len(all.run) == 0 {
		return fault.New(fault.ProjectNotFound, "the organization has no project that the credential may see")
	}
	return nil
}

// addProject takes a text at its word, unless it is an id and another project
// is named, too: they may be the same.
func (c *checkPermissions) addProject(ctx context.Context, e Env, all *places, text string, others bool) error {
	if !others || !pattern.IsGUID(text) {
		all.add(text, text)
		return nil
	}
	api := client.Projects{Caller: e.Caller, Base: c.at.Base}
	found, err := api.Get(ctx, text)
	if err != nil {
		return err
	}
	p := all.of(found.Name)
	if p == nil {
		p = all.add(found.Name, text)
	}
	all.byID[strings.ToLower(text)] = p
	return nil
}

func (p *places) add(name, ref string) *place {
	one := &place{name: name, ref: ref}
	p.byID[strings.ToLower(name)], p.byID[strings.ToLower(ref)] = one, one
	return one
}
