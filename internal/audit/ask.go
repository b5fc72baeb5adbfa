package audit

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// survey is a source of all resources that a rule concerns.
type survey struct {
	site     *Site
	projects []string
	rules    []policy.Rule
	shard    shard
	baseline *baseline
	// ofPolicy says that the rules come from a policy: a rule that matches nothing
	// is then a violation.
	ofPolicy bool
}

func (s *survey) each(ctx context.Context, each func(*found) error) error {
	p, err := s.makePlan(ctx)
	if err != nil {
		return err
	}
	listed, err := p.lookUpAll(ctx, s.site)
	if err != nil {
		return err
	}
	own := s.share(p.questions)
	if err := s.readChecks(ctx, own); err != nil {
		return err
	}
	if err := s.ask(ctx, own, listed, each); err != nil {
		return err
	}
	return s.closing(p, each)
}

// share returns the questions of this run's shard.
func (s *survey) share(all []*question) []*question {
	var own []*question
	for _, q := range all {
		if s.shard.takes(strings.ToLower(q.place.name), q.kind, q.resource.ID) {
			own = append(own, q)
		}
	}
	return own
}

func (s *survey) ask(ctx context.Context, questions []*question, listed listings, each func(*found) error) error {
	pace := newPace(s.site, "checked", len(questions), "resource")
	for f, err := range InOrder(ctx, s.site.AtOnce, questions, func(ctx context.Context, q *question) (*found, error) {
		return s.answer(ctx, q, listed)
	}) {
		if err == nil && f != nil {
			err = each(f)
		}
		if err == nil {
			err = context.Cause(ctx) // long lists of pipelines take time without any request
		}
		if err != nil {
			return err
		}
		pace.step()
	}
	return nil
}

// answer returns the answer to a question, or nil for a resource that was deleted
// after it was listed.
func (s *survey) answer(ctx context.Context, q *question, listed listings) (*found, error) {
	permission, err := s.site.permissions(q.place.ref).Get(ctx, client.ResourceType(q.kind), q.resource.ID)
	if err != nil {
		return nil, s.gone(ctx, q, err)
	}
	var names *pipelineNames
	if len(permission.Grants) > 0 {
		if names, err = q.place.names(ctx, s.site); err != nil {
			return nil, err
		}
	}
	f := &found{resource: describe(q.kind, q.resource, permission, names), project: q.place.ref, names: names}
	f.resource.Project, f.resource.Checks = q.place.name, q.checks
	for _, rule := range q.rules {
		f.rules = append(f.rules, asked{rule, listed[rule][q.place]})
	}
	return f, nil
}

// gone distinguishes a resource that was deleted after it was listed, which is not a
// failure, from an API that finds no resource at all: that would look as if the
// policy were satisfied.
func (s *survey) gone(ctx context.Context, q *question, refused error) error {
	if !fault.Is(refused, fault.ResourceNotFound) {
		return refused
	}
	_, ok, err := s.site.exists(ctx, q.place.ref, client.ResourceType(q.kind), q.resource.ID)
	switch {
	case err != nil:
		return err
	case ok:
		return refused
	}
	s.site.Log.Infof("the %s %q (%s) in %s was deleted during this run", q.kind, q.resource.Name, q.resource.ID, q.place.name)
	return nil
}

// closing reports the rules that match nothing. No resource decides which shard they
// belong to, so the first one reports them. A run over all resources of a type that
// finds none logs a warning.
func (s *survey) closing(p *plan, each func(*found) error) error {
	if !s.ofPolicy {
		if len(p.questions) == 0 {
			s.site.Log.Warnf("there is no %s in %s, or the credential has no access to it: nothing was checked", s.rules[0].Type, joined(p.projects.run))
		}
		return nil
	}
	if !s.shard.first() {
		return nil
	}
	for _, r := range p.unmatched() {
		where := p.projects.describe(r)
		missing := policy.Resource{Project: where, Type: r.Type, ID: r.ID, Name: r.Name}
		if err := each(&found{resource: missing, absent: []policy.Violation{r.Unmatched(where)}}); err != nil {
			return err
		}
	}
	return nil
}
