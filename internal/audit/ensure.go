package audit

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/text"
)

// Limits on what a run collects before it makes changes: few requests for many
// changes, with bounded memory.
const (
	maxHeld       = 20_000
	maxHeldGrants = 100_000
)

// Wish is the state of one resource that ensure-permissions should reach.
type Wish struct {
	Exclusive  bool
	OpenAccess policy.Access // Allowed leaves it unchanged
}

// Ensure makes the resources satisfy the rules: it reads first, changes only what
// differs, and returns the outcome. A dry run changes nothing and returns what the
// outcome would be.
func (in *Inputs) Ensure(ctx context.Context, s *Site, wish Wish, dryRun bool) (Outcome, error) {
	if in.many() {
		s = s.patiently()
	}
	e := newEnforcer(s, in, dryRun)
	rule := policy.Rule{OpenAccess: wish.OpenAccess, Exclusive: wish.Exclusive, Pipelines: in.Pipelines}
	err := in.source(s, rule).each(ctx, func(f *found) error { return e.take(ctx, f) })
	if err == nil {
		err = e.flush(ctx)
	}
	if err != nil {
		return Outcome{}, e.interrupted(err)
	}
	return e.outcome()
}

// enforcer collects resources until there are enough changes for one request, and
// passes them on in their order.
type enforcer struct {
	site    *Site
	dryRun  bool
	found   *findings
	changes differences
	failed  []*pending

	held   []*pending
	grants int
	sizes  map[string]int // sizes of the collected changes, by project
	counts map[string]int
}

func newEnforcer(s *Site, in *Inputs, dryRun bool) *enforcer {
	return &enforcer{
		site: s, dryRun: dryRun, found: newFindings(s, in, len(in.Pipelines) > 0),
		changes: newDifferences(s.MaxOutput), sizes: map[string]int{}, counts: map[string]int{},
	}
}

func (e *enforcer) take(ctx context.Context, f *found) error {
	p := newPending(f)
	e.warnOpen(f, p)
	e.held = append(e.held, p)
	e.grants += len(f.resource.Pipelines)
	full := len(e.held) >= maxHeld || e.grants >= maxHeldGrants
	if n := p.size(); n > 0 {
		e.sizes[f.project] += n
		e.counts[f.project]++
		full = full || e.counts[f.project] >= maxBatch || e.sizes[f.project] >= maxBatchSize
	}
	if full {
		return e.flush(ctx)
	}
	return nil
}

// warnOpen warns that a list is not really exclusive if the resource is open and the
// run is not asked to close it.
func (e *enforcer) warnOpen(f *found, p *pending) {
	stays := f.resource.Open && p.change.Open == nil || p.change.Open != nil && *p.change.Open
	if e.found.in.ForOne() && f.rules[0].rule.Exclusive && stays {
		e.site.Log.Warnf("%s has open access: pipelines that are not listed may still use it; set `open-access: forbidden` to close it", f.resource)
	}
}

// flush makes the collected changes and passes the resources on.
func (e *enforcer) flush(ctx context.Context) error {
	err := e.apply(ctx)
	for _, p := range e.held {
		if err == nil || p.err == nil && p.size() == 0 {
			if lost := e.settle(p, err == nil); lost != nil {
				return lost
			}
		}
	}
	e.held, e.grants = nil, 0
	clear(e.sizes)
	clear(e.counts)
	return err
}

func (e *enforcer) apply(ctx context.Context) error {
	batches := e.batches()
	if e.dryRun {
		for _, batch := range batches {
			for _, p := range batch {
				p.found.rehearse(p.change)
			}
		}
		return nil
	}
	for _, batch := range batches {
		if err := (&applier{e.site, maxBatchSize}).apply(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// batches returns the changes of each project, in the order of the resources.
func (e *enforcer) batches() [][]*pending {
	var all [][]*pending
	at := map[string]int{}
	for _, p := range e.held {
		if p.size() == 0 {
			continue
		}
		i, ok := at[p.found.project]
		if !ok {
			i = len(all)
			at[p.found.project] = i
			all = append(all, nil)
		}
		all[i] = append(all[i], p)
	}
	return all
}

// settle reports the result for a resource, with the same wording as in a dry run.
func (e *enforcer) settle(p *pending, report bool) error {
	if p.err != nil {
		e.failed = append(e.failed, p)
		if len(e.failed) <= maxAnnotations {
			e.site.Log.Warnf("%s was not changed: %v", p.found.resource, p.err)
		}
	} else {
		for _, d := range p.diffs {
			e.changes.add(d, d.change())
			logLine(e.site.Log, e.changes.count(), "", d)
		}
	}
	if !report {
		return nil
	}
	return e.found.add(p.found)
}

// interrupted adds what was already done to a failure that ended the run.
func (e *enforcer) interrupted(err error) error {
	if e.changes.count() == 0 || e.dryRun {
		return err
	}
	return fmt.Errorf("after %s: %w", e.changes.totals(), err)
}

func (e *enforcer) outcome() (Outcome, error) {
	o, err := e.found.outcome()
	if err != nil {
		return o, err
	}
	o.Done = e.totals() + "; " + o.Done
	o.Outputs = e.outputs(o.Outputs)
	o.Summary = e.summary(o.Summary)
	if failure := e.failure(); failure != nil {
		o.Verdict = failure
	}
	return o, nil
}

func (e *enforcer) totals() string {
	done := e.changes.totals()
	switch {
	case e.changes.count() > 0:
	case len(e.failed) > 0:
		done = "nothing was changed"
	default:
		done = "nothing to change"
	}
	if e.dryRun {
		return "dry run: " + done
	}
	return done
}

func (e *enforcer) outputs(all []host.Output) []host.Output {
	added, removed := e.changes.arrays()
	for i, o := range all {
		if o.Name == "truncated" && e.changes.truncated() {
			all[i].Value = "true"
		}
	}
	return append(all,
		host.Output{Name: "changed", Value: strconv.FormatBool(!e.dryRun && e.changes.count() > 0)},
		host.Output{Name: "added", Value: added},
		host.Output{Name: "removed", Value: removed})
}

// summary shows the changes as a table, after the result of the check.
func (e *enforcer) summary(check host.Summary) host.Summary {
	s := e.changes.table("Pipeline permissions")
	s.Mark, s.Problems = check.Mark, check.Problems
	s.Lead = append([]string{e.totals() + "."}, check.Lead...)
	if e.dryRun {
		s.Mark, s.Lead[0] = host.None, e.totals()+". Nothing was changed."
	}
	s.Notes = append(s.Notes, check.Notes...)
	if len(s.Rows) == 0 {
		s.Head = nil
	}
	for _, p := range e.failed[:min(len(e.failed), maxListed)] {
		s.Notes = append(s.Notes, text.Clip(fmt.Sprintf("Not changed: %s: %v", p.found.resource, p.err), 400))
	}
	return s
}

// failure names what could not be changed, and who can change it.
func (e *enforcer) failure() *fault.Error {
	if len(e.failed) == 0 {
		return nil
	}
	var names []string
	for _, p := range e.failed[:min(len(e.failed), 5)] {
		names = append(names, p.found.resource.String())
	}
	if more := len(e.failed) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	first := fault.From(e.failed[0].err)
	f := fault.New(first.Code, "%s could not be changed (%s): %w", text.Count(len(e.failed), "resource"), strings.Join(names, "; "), first)
	f.Hints, f.Status, f.RequestID, f.MaybeDone = first.Advice(), first.Status, first.RequestID, first.MaybeDone
	return f
}
