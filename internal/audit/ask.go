package steps

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// all checks every resource that a rule is about.
func (c *checkPermissions) all(ctx context.Context, e Env, t *tally) error {
	e.Caller = e.Caller.Patiently()
	if c.Policy == "" {
		c.rules = []policy.Rule{{Type: string(c.kind()), Name: everything, OpenAccess: policy.Allowed, Pipelines: c.listed()}}
	}
	p, err := c.makePlan(ctx, e)
	if err != nil {
		return err
	}
	listed, err := c.lookUpAll(ctx, e, p)
	if err != nil {
		return err
	}
	if err := c.ask(ctx, e, t, c.share(p.questions), listed); err != nil {
		return err
	}
	return c.unmatched(t, p)
}

// share are the questions of this run's shard.
func (c *checkPermissions) share(all []*question) []*question {
	var own []*question
	for _, q := range all {
		if c.shard.takes(strings.ToLower(q.place.name), q.kind, q.resource.ID) {
			own = append(own, q)
		}
	}
	return own
}

// answer is what came of a question. A nil one is of a resource that has been
// deleted since it was listed.
type answer struct {
	resource   policy.Resource
	violations []policy.Violation
}

func (c *checkPermissions) ask(ctx context.Context, e Env, t *tally, questions []*question, listed pipelineLists) error {
	pace := newPace(e, "asked about", len(questions), "resource")
	for a, err := range inOrder(ctx, int(c.Concurrency), questions, func(ctx context.Context, q *question) (*answer, error) {
		return c.answer(ctx, e, q, listed)
	}) {
		if err == nil && a != nil {
			err = t.add(a.resource, a.violations)
		}
		if err != nil {
			return err
		}
		pace.step()
	}
	return nil
}

func (c *checkPermissions) answer(ctx context.Context, e Env, q *question, listed pipelineLists) (*answer, error) {
	permission, err := c.permissions(e, q.place.ref).Get(ctx, client.ResourceType(q.kind), q.resource.ID)
	if err != nil {
		return nil, c.gone(ctx, e, q, err)
	}
	var names *pipelineNames
	if len(permission.Grants) > 0 {
		if names, err = q.place.names(ctx, c, e); err != nil {
			return nil, err
		}
	}
	a := &answer{resource: describe(q.kind, q.resource, permission, names)}
	a.resource.Project = q.place.name
	for _, rule := range q.rules {
		a.violations = append(a.violations, rule.Judge(a.resource, listed[rule][q.place])...)
	}
	return a, nil
}

// gone tells a resource that was deleted since it was listed, which is no
// failure, from an API that knows none: that would pass for a policy that holds.
func (c *checkPermissions) gone(ctx context.Context, e Env, q *question, refused error) error {
	if !fault.Is(refused, fault.ResourceNotFound) {
		return refused
	}
	_, ok, err := c.exists(ctx, e, q.place.ref, client.ResourceType(q.kind), q.resource.ID)
	switch {
	case err != nil:
		return err
	case ok:
		return refused
	}
	e.Log.Infof("the %s %q (%s) in %s was deleted while this ran", q.kind, q.resource.Name, q.resource.ID, q.place.name)
	return nil
}

// unmatched reports the rules that are about nothing. No resource says which
// shard they belong to, so the first one tells them.
func (c *checkPermissions) unmatched(t *tally, p *plan) error {
	if c.Policy == "" || !c.shard.first() {
		return nil
	}
	for i := range c.rules {
		r := &c.rules[i]
		if len(p.matched[r]) > 0 {
			continue
		}
		where := p.projects.describe(r)
		missing := policy.Resource{Project: where, Type: r.Type, ID: r.ID, Name: r.Name}
		if err := t.note(missing, []policy.Violation{r.Unmatched(where)}); err != nil {
			return err
		}
	}
	return nil
}
