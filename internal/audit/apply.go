package audit

import (
	"context"
	"errors"
	"time"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/text"
)

// Size limits of one request for changes. The API documents none; with these, a
// request has at most about 350 KiB. If the service rejects it as too large (413),
// it is split in half.
const (
	maxBatch     = 500    // resources
	maxBatchSize = 10_000 // pipelines
)

// pending is a resource in a run that makes changes.
type pending struct {
	found  *found
	change client.Change // what is left to do
	diffs  []difference  // all differences, for the user
	known  map[wanted]bool
	err    error // why it could not be changed
}

// wanted identifies one difference of a resource.
type wanted struct {
	pipeline int // 0 is every pipeline
	added    bool
}

func newPending(f *found) *pending {
	p := &pending{found: f, known: map[wanted]bool{}}
	p.plan()
	return p
}

// plan works out what is left to do. It also reports differences that appear only on
// a second look, because someone else has changed something.
func (p *pending) plan() {
	if p.found.absent != nil {
		return
	}
	p.change = p.found.change()
	for _, d := range p.found.differences(p.change) {
		if key := (wanted{d.pipeline.ID, d.added}); !p.known[key] {
			p.known[key] = true
			p.diffs = append(p.diffs, d)
		}
	}
}

// size is the part of a request that the change needs; 0 means that nothing needs to
// be done.
func (p *pending) size() int {
	n := len(p.change.Permit) + len(p.change.TakeAway)
	if p.change.Open != nil {
		n++
	}
	return n
}

// applier makes changes.
type applier struct {
	site *Site
	part int // number of pipelines of one resource that one request changes
}

// apply changes resources of one project, all in one request if possible. Resources
// that cannot be changed are marked and do not affect the others. An error is one
// that ends the run.
func (a *applier) apply(ctx context.Context, batch []*pending) error {
	err := a.attempt(ctx, batch)
	batch = unfinished(batch)
	switch {
	case err == nil || len(batch) == 0:
		return nil
	case context.Cause(ctx) != nil || endsRun(err):
		return err
	case tooLarge(err) && len(batch) > 1:
		half := len(batch) / 2
		return errors.Join(a.apply(ctx, batch[:half]), a.apply(ctx, batch[half:]))
	case tooLarge(err) && batch[0].size() > 1 && a.part > 1:
		smaller := &applier{a.site, min(a.part, batch[0].size()) / 2}
		return smaller.apply(ctx, batch)
	case len(batch) == 1:
		batch[0].err = err
		return nil
	}
	a.site.Log.Infof("the service refused to change %s in one request (%s): changing them one at a time", text.Count(len(batch), "resource"), fault.From(err).Code)
	return a.oneByOne(ctx, batch)
}

func (a *applier) oneByOne(ctx context.Context, batch []*pending) error {
	for _, err := range InOrder(ctx, a.site.AtOnce, batch, func(ctx context.Context, p *pending) (struct{}, error) {
		return struct{}{}, a.apply(ctx, []*pending{p})
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// endsRun reports whether a failure concerns the credential or the connection, so
// that the next request would fail in the same way.
func endsRun(err error) bool {
	switch fault.From(err).Code {
	case fault.CredentialRejected, fault.CredentialExpired, fault.OrganizationNotFound, fault.Network, fault.TLS, fault.Timeout, fault.RateLimited, fault.Cancelled:
		return true
	}
	return false
}

func unfinished(batch []*pending) []*pending {
	var left []*pending
	for _, p := range batch {
		if p.size() > 0 && p.err == nil {
			left = append(left, p)
		}
	}
	return left
}

// attempt sends the changes. If the response is lost, or does not match the request,
// it reads the current permissions before it sends anything again.
func (a *applier) attempt(ctx context.Context, batch []*pending) error {
	for n := 1; ; n++ {
		err := a.send(ctx, batch)
		batch = unfinished(batch)
		switch {
		case err != nil && !fault.From(err).MaybeDone:
			return err
		case len(batch) == 0:
			return nil
		case n >= max(a.site.Attempts, 1):
			if err == nil {
				err = fault.New(fault.BadResponse, "the service reported no error, but did not make the change")
			}
			return err
		}
		if lost := a.lookAgain(ctx, batch, err, n); lost != nil {
			return lost
		}
		if batch = unfinished(batch); len(batch) == 0 {
			return nil
		}
	}
}

// lookAgain waits as the service asked, or a little, and reads the permissions of a
// batch again.
func (a *applier) lookAgain(ctx context.Context, batch []*pending, err error, attempt int) error {
	wait := time.Second << min(attempt-1, 5)
	if err != nil {
		if asked := fault.From(err).RetryAfter; asked > 0 {
			wait = asked
		}
		a.site.Log.Infof("the response to the change of %s was lost (%s): waiting %s, then checking whether the change was made", text.Count(len(batch), "resource"), fault.From(err).Code, wait)
	}
	if stopped := a.site.Wait(ctx, wait); stopped != nil {
		if err != nil { // there is no time to wait, and the failure is more informative
			return err
		}
		return stopped
	}
	for _, err := range InOrder(ctx, a.site.AtOnce, batch, func(ctx context.Context, p *pending) (struct{}, error) {
		now, err := a.site.permissions(p.found.project).Get(ctx, p.change.Type, p.change.ID)
		if err == nil {
			p.found.update(now)
			p.plan()
		}
		return struct{}{}, err
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// send makes one request, and works out what is left to do after its response.
func (a *applier) send(ctx context.Context, batch []*pending) error {
	api := a.site.permissions(batch[0].found.project)
	if len(batch) == 1 {
		return a.sendOne(ctx, api, batch[0])
	}
	changes := make([]client.Change, len(batch))
	for i, p := range batch {
		changes[i] = p.change
	}
	now, err := api.UpdateAll(ctx, changes)
	if err != nil {
		return err
	}
	for _, p := range batch {
		if permission, ok := now[p.change.Key()]; ok {
			p.found.update(permission)
			p.plan()
		}
	}
	return nil
}

// sendOne changes one resource, in several requests if it has very many pipelines.
func (a *applier) sendOne(ctx context.Context, api *client.Permissions, p *pending) error {
	for _, part := range p.change.Parts(a.part) {
		now, err := api.Update(ctx, part)
		if err != nil {
			return err
		}
		p.found.update(now)
	}
	p.plan()
	return nil
}
