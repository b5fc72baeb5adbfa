package audit

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// place is a project of the run.
type place struct {
	name string // name for display
	ref  string // name or id, as used in addresses

	mu        sync.Mutex
	pipelines *pipelineNames // nil until they are needed
}

// names returns the project's pipelines, which are read on first use. Concurrent
// callers wait.
func (p *place) names(ctx context.Context, s *Site) (*pipelineNames, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pipelines == nil {
		names, err := readPipelines(s.pipelines(p.ref).All(ctx, ""))
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

// of returns the project with a name or id, or nil if it is unknown.
func (p *places) of(text string) *place { return p.byID[strings.ToLower(text)] }

// count returns the number of projects in the run.
func (p *places) count() int {
	all := map[*place]bool{}
	for _, one := range p.byID {
		all[one] = true
	}
	return len(all)
}

// ofRule returns the projects that a rule concerns.
func (p *places) ofRule(r *policy.Rule) []*place {
	if r.Project == "" {
		return p.run
	}
	return []*place{p.of(r.Project)}
}

// describe names the projects that a rule concerns.
func (p *places) describe(r *policy.Rule) string { return joined(p.ofRule(r)) }

// finder resolves the names of a run's projects.
type finder struct {
	site  *Site
	asked []string // the input project
	found *places
}

// findPlaces resolves the input project and the projects of the rules, so that a
// project that is named in two ways is treated as one. If all projects are named,
// and not all of them requested with *, this needs no request.
func findPlaces(ctx context.Context, s *Site, asked []string, rules []policy.Rule) (*places, error) {
	f := &finder{site: s, asked: asked, found: &places{byID: map[string]*place{}}}
	texts := f.texts(rules)
	if slices.Contains(texts, everything) {
		if err := f.list(ctx); err != nil {
			return nil, err
		}
	}
	for _, text := range texts {
		if text == everything || f.found.of(text) != nil {
			continue
		}
		if err := f.add(ctx, text, len(texts) > 1); err != nil {
			return nil, err
		}
	}
	for _, text := range asked {
		if p := f.found.of(text); p != nil && !slices.Contains(f.found.run, p) {
			f.found.run = append(f.found.run, p)
		}
	}
	return f.found, nil
}

// texts returns all project names, without duplicates.
func (f *finder) texts(rules []policy.Rule) []string {
	texts := slices.Clone(f.asked)
	known := map[string]bool{"": true}
	for _, text := range texts {
		known[strings.ToLower(text)] = true
	}
	for _, r := range rules {
		if key := strings.ToLower(r.Project); !known[key] {
			known[key] = true
			texts = append(texts, r.Project)
		}
	}
	return texts
}

func (f *finder) list(ctx context.Context) error {
	for p, err := range f.site.projects().All(ctx) {
		if err != nil {
			return err
		}
		f.found.run = append(f.found.run, f.found.add(p.Name, p.ID))
	}
	if len(f.found.run) == 0 {
		return fault.New(fault.ProjectNotFound, "the organization has no project that the credential may see")
	}
	return nil
}

// add accepts a name as it is. It looks up an id if other projects are named as
// well, because they may be the same project.
func (f *finder) add(ctx context.Context, text string, others bool) error {
	if !others || !pattern.IsGUID(text) {
		f.found.add(text, text)
		return nil
	}
	found, err := f.site.projects().Get(ctx, text)
	if err != nil {
		return err
	}
	p := f.found.of(found.Name)
	if p == nil {
		p = f.found.add(found.Name, text)
	}
	f.found.byID[strings.ToLower(text)] = p
	return nil
}

func (p *places) add(name, ref string) *place {
	one := &place{name: name, ref: ref}
	p.byID[strings.ToLower(name)], p.byID[strings.ToLower(ref)] = one, one
	return one
}

// everything is the value of resource-name and of project that means all.
const everything = "*"

// joined names the first few places.
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
