// Package lease owns a minted credential from the decision to mint it until it is
// delivered or revoked. It knows no hosts and no services.
//
// It guarantees one thing: only deliver passes a credential on, and unless deliver
// returns keep and no error, the credential is revoked when Hold returns, or the
// error is revoke-failed. Before the request for the credential is sent, the journal
// records what a later process needs to keep this guarantee after a SIGKILL.
package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// Service is the three verbs that a kind of credential brings.
type Service[T any] interface {
	// Issue makes the credential.
	Issue(context.Context, Intent) (Issued[T], error)
	// Find lists the ids of all live credentials that this intent made, and of no
	// others. Where the name is somebody else's credential's, its error is [Taken].
	Find(context.Context, Intent) ([]string, error)
	// Revoke ends one. One that is gone already is no error.
	Revoke(ctx context.Context, id string) (gone bool, err error)
}

// Issued is what a service said of the credential that it made.
type Issued[T any] struct {
	Value T
	// ID is what Revoke needs to end exactly this one, and nothing secret.
	ID      string
	Expires time.Time // zero if the service did not say
}

// Taken says that the intent's name is somebody else's, and that no credential of
// the intent's own can be alive under it.
type Taken struct{ Err error }

func (t *Taken) Error() string { return t.Err.Error() }

// Unwrap gives errors.As the fault.
func (t *Taken) Unwrap() error { return t.Err }

// Journal makes an intent durable before Record returns. A later entry of the
// same intent replaces an earlier one.
type Journal interface{ Record(Intent) error }

// Options are what Hold works with, besides the service.
type Options struct {
	Journal Journal
	Log     func(format string, args ...any) // one line for the log
	Noun    string                           // what the credential is called there, such as "the PAT"
	// Attempts bounds the tries of a mint where the service says when to come back.
	// An answer that was merely lost gets one more try.
	Attempts int
}

// Hold issues a credential under a recorded intent and hands it to deliver.
// When an answer was lost it revokes what the request may have made and tries
// again. Errors are those of Issue and deliver, output-failed when the journal
// cannot be written, and revoke-failed when a live credential may remain.
func Hold[T any](ctx context.Context, o Options, s Service[T], in Intent, deliver func(context.Context, T) (keep bool, err error)) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := o.Journal.Record(in); err != nil {
		return err
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	h := &holder[T]{Options: o, service: s, in: in}
	got, err := h.issue(ctx)
	if err != nil {
		return h.release(ctx, err)
	}
	if kept, err := h.deliver(ctx, got, deliver); err != nil || !kept {
		return h.release(ctx, err)
	}
	return nil
}

// holder is one credential on its way.
type holder[T any] struct {
	Options
	service Service[T]
	in      Intent
	issued  bool // the service said that in.ID lives
	// delivered says that deliver was called, however it ended.
	delivered bool
}

// issue tries, and after a lost answer cleans up and tries again.
func (h *holder[T]) issue(ctx context.Context) (T, error) {
	for attempt := 1; ; attempt++ {
		got, err := h.try(ctx)
		if err == nil || ended(ctx) != nil || !h.again(err, attempt) {
			return got, err
		}
		if stop := h.clean(ctx, err); stop != nil {
			return got, stop
		}
	}
}

// again decides whether to mint once more: after an answer that was lost, and as
// often as the service says when to come back.
func (h *holder[T]) again(err error, attempt int) bool {
	f := fault.From(err)
	return f.MaybeDone && (attempt == 1 || attempt < h.Attempts && f.RetryAfter > 0)
}

// try sends one request, which a signal does not cut off at once.
func (h *holder[T]) try(ctx context.Context) (T, error) {
	patient, cancel := lingering(ctx)
	defer cancel()
	var made Issued[T]
	err := fault.Guard(func() (err error) {
		made, err = h.service.Issue(patient, h.in)
		return err
	})
	if err != nil {
		if fault.From(err).MaybeDone {
			h.in.Lost++
		}
		return made.Value, err
	}
	h.in.ID, h.issued = made.ID, true
	if made.Expires.After(h.in.Expires) {
		h.in.Until = made.Expires
	}
	return made.Value, nil
}

// clean ends what a lost request may have made, and waits as long as the
// service asked, so that another try is as good as the first. Its error is what
// ends the mint.
func (h *holder[T]) clean(ctx context.Context, lost error) error {
	if err := h.pause(ctx, fault.From(lost)); err != nil {
		return fault.Join([]error{lost, err})
	}
	if err := h.Journal.Record(h.in); err != nil {
		return err
	}
	h.Log("no usable answer to the request that creates %s %q; looking for what it may have created", h.Noun, h.in.Name)
	found, err := Release(ctx, h.service, h.in)
	h.in.Lost -= min(found.All(), h.in.Lost)
	taken, isTaken := errors.AsType[*Taken](err)
	switch {
	case isTaken:
		h.in.Lost = 0
		return taken.Err
	case needsSignIn(lost) && (err == nil || needsSignIn(err)):
		// A page to sign in at is an answer, and a second try would meet it, too.
		// The search was for the case that it came in the place of another one.
		h.in.Lost = 0
		return lost
	case err != nil:
		return lost // the release that follows searches again, and reports why it cannot
	}
	h.Log("creating %s %q again: the last request %s", h.Noun, h.in.Name, outcome(found))
	return nil
}

// pause waits as long as the service asked, and says so.
func (h *holder[T]) pause(ctx context.Context, lost *fault.Error) error {
	if lost.RetryAfter > 0 {
		h.Log("waiting %s before the next attempt to create %s %q: %s, the service asked for this wait", lost.RetryAfter.Round(time.Millisecond), h.Noun, h.in.Name, reason(lost))
	}
	return Wait(ctx, lost.RetryAfter)
}

// reason is why the last attempt failed, in two words.
func reason(f *fault.Error) string {
	if f.Status != 0 {
		return fmt.Sprintf("HTTP %d", f.Status)
	}
	return string(f.Code)
}

func outcome(found Count) string {
	switch {
	case found.Revoked > 0:
		return "had created it, which is revoked now"
	case found.Gone > 0:
		return "had created it, which is gone"
	}
	return "had created nothing"
}

// needsSignIn reports whether the service answered with a sign-in page.
func needsSignIn(err error) bool { return fault.Is(err, fault.CredentialRejected) }

// deliver hands the credential over, unless azstep has been told to stop
// before or meanwhile, and writes down what became of it.
func (h *holder[T]) deliver(ctx context.Context, got T, deliver func(context.Context, T) (bool, error)) (kept bool, err error) {
	if err := h.Journal.Record(h.in); err != nil {
		return false, err
	}
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	h.delivered = true
	err = fault.Guard(func() (err error) {
		kept, err = deliver(ctx, got)
		return err
	})
	if err != nil || !kept {
		return false, err
	}
	if err := context.Cause(ctx); err != nil || !h.in.Outlive {
		return err == nil, err
	}
	h.in.State = Kept
	return true, h.Journal.Record(h.in)
}

// release ends everything that this intent may have made, within the grace
// period. It returns err, or revoke-failed when a live credential may remain.
func (h *holder[T]) release(ctx context.Context, err error) error {
	h.in.State = Open
	if !h.issued && h.in.Lost == 0 {
		h.end()
		return err
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceAfter(ctx, h.delivered))
	defer cancel()
	found, failed := h.searchAndRevoke(clean, ended(ctx) != nil)
	if failed != nil {
		return Alive(h.in, err, failed)
	}
	if h.in.Lost == 0 || found.All() >= h.expected() {
		h.end()
	} // else an answer is still missing, and the open intent lets post look again
	h.tell(found)
	if err != nil && found.Revoked > 0 {
		return fmt.Errorf("%w; %s was revoked", err, h.Noun)
	}
	return err
}

func (h *holder[T]) tell(found Count) {
	switch {
	case found.Revoked > 0:
		h.Log("revoked %s %q", h.Noun, h.in.Name)
	case found.Gone > 0:
		h.Log("%s %q was gone already", h.Noun, h.in.Name)
	}
}

// searchAndRevoke is Release. What our own deadline or a signal broke off may
// still be at work in the service: where it is not found, it is looked for again.
func (h *holder[T]) searchAndRevoke(ctx context.Context, brokeOff bool) (found Count, err error) {
	found, err = h.releaseOwn(ctx)
	for _, wait := range []time.Duration{soon, later} {
		if err != nil || !brokeOff || h.delivered || found.All() >= h.expected() || Wait(ctx, wait) != nil {
			break
		}
		var more Count
		more, err = h.releaseOwn(ctx)
		found = found.plus(more)
	}
	return found, err
}

// releaseOwn is Release, to which somebody else's credential is nothing to end.
func (h *holder[T]) releaseOwn(ctx context.Context) (Count, error) {
	found, err := Release(ctx, h.service, h.in)
	if _, taken := errors.AsType[*Taken](err); taken {
		return found, nil
	}
	return found, err
}

// expected is how many credentials there can be.
func (h *holder[T]) expected() int {
	if h.issued {
		return h.in.Lost + 1
	}
	return h.in.Lost
}

// end writes down that nothing is left. Where even that cannot be written, post
// looks once more and finds nothing.
func (h *holder[T]) end() {
	h.in.State = Released
	_ = h.Journal.Record(h.in)
}
