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

// Service has the three operations that each kind of credential must provide.
type Service[T any] interface {
	// Issue creates the credential.
	Issue(context.Context, Intent) (Issued[T], error)
	// Find lists the ids of all valid credentials that this intent created, and of
	// no others. If the name belongs to another credential, the error is [Taken].
	Find(context.Context, Intent) ([]string, error)
	// Revoke revokes one credential. A credential that no longer exists is not an
	// error.
	Revoke(ctx context.Context, id string) (gone bool, err error)
}

// Issued is the service's response to the creation of a credential.
type Issued[T any] struct {
	Value T
	// ID identifies exactly this credential for Revoke, and is not secret.
	ID      string
	Expires time.Time // zero if the service did not say
}

// Taken says that the intent's name belongs to another credential, so that none of
// the intent's own can exist under it.
type Taken struct{ Err error }

func (t *Taken) Error() string { return t.Err.Error() }

// Unwrap returns the fault, for errors.As.
func (t *Taken) Unwrap() error { return t.Err }

// Journal stores an intent durably before Record returns. A later entry for the same
// intent replaces an earlier one.
type Journal interface{ Record(Intent) error }

// Options configure Hold.
type Options struct {
	Journal Journal
	Log     func(format string, args ...any) // one line for the log
	Noun    string                           // name of the credential in the log, such as "the PAT"
	// Attempts limits how often a mint is tried if the service says when to retry. A
	// lost response allows one more attempt.
	Attempts int
}

// Hold issues a credential for a recorded intent and passes it to deliver. If a
// response is lost, it revokes what the request may have created and tries again.
// Errors are those of Issue and deliver, output-failed if the journal cannot be
// written, and revoke-failed if a credential may still be valid.
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

// holder is one credential that is being minted.
type holder[T any] struct {
	Options
	service Service[T]
	in      Intent
	issued  bool // the service confirmed that in.ID exists
	// delivered says that deliver was called, whether or not it succeeded.
	delivered bool
}

// issue mints the credential; after a lost response it cleans up and tries again.
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

// again decides whether to mint once more: after a lost response, and as often as
// the service says when to retry.
func (h *holder[T]) again(err error, attempt int) bool {
	f := fault.From(err)
	return f.MaybeDone && (attempt == 1 || attempt < h.Attempts && f.RetryAfter > 0)
}

// try sends one request, which a signal does not interrupt immediately.
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

// clean revokes what a lost request may have created, and waits as long as the
// service asked, so that the next attempt starts fresh. If it fails, the mint fails
// with its error.
func (h *holder[T]) clean(ctx context.Context, lost error) error {
	if err := h.pause(ctx, fault.From(lost)); err != nil {
		return fault.Join([]error{lost, err})
	}
	if err := h.Journal.Record(h.in); err != nil {
		return err
	}
	h.Log("no usable response to the request that creates %s %q; checking whether it created anything", h.Noun, h.in.Name)
	found, err := Release(ctx, h.service, h.in)
	h.in.Lost -= min(found.All(), h.in.Lost)
	taken, isTaken := errors.AsType[*Taken](err)
	switch {
	case isTaken:
		h.in.Lost = 0
		return taken.Err
	case needsSignIn(lost) && (err == nil || needsSignIn(err)):
		// A sign-in page is a response, and a second attempt would get it, too. The
		// search covers the case that it replaced a different response.
		h.in.Lost = 0
		return lost
	case err != nil:
		return lost // the release that follows searches again, and reports the reason if it fails
	}
	h.Log("creating %s %q again: the last request %s", h.Noun, h.in.Name, outcome(found))
	return nil
}

// pause waits as long as the service asked, and logs it.
func (h *holder[T]) pause(ctx context.Context, lost *fault.Error) error {
	if lost.RetryAfter > 0 {
		h.Log("waiting %s before the next attempt to create %s %q: %s, as the service asked", lost.RetryAfter.Round(time.Millisecond), h.Noun, h.in.Name, reason(lost))
	}
	return Wait(ctx, lost.RetryAfter)
}

// reason says in two words why the last attempt failed.
func reason(f *fault.Error) string {
	if f.Status != 0 {
		return fmt.Sprintf("HTTP %d", f.Status)
	}
	return string(f.Code)
}

func outcome(found Count) string {
	switch {
	case found.Revoked > 0:
		return "had created it, and azstep has revoked it"
	case found.Gone > 0:
		return "had created it, but it no longer exists"
	}
	return "had created nothing"
}

// needsSignIn reports whether the service answered with a sign-in page.
func needsSignIn(err error) bool { return fault.Is(err, fault.CredentialRejected) }

// deliver passes the credential on, unless azstep was told to stop before or
// meanwhile, and records the result.
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

// release revokes everything that this intent may have created, within the grace
// period. It returns err, or revoke-failed if a credential may still be valid.
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
	} // otherwise a response is still missing, and the open intent makes post search again
	h.logFound(found)
	if err != nil && found.Revoked > 0 {
		return fmt.Errorf("%w; %s was revoked", err, h.Noun)
	}
	return err
}

func (h *holder[T]) logFound(found Count) {
	switch {
	case found.Revoked > 0:
		h.Log("revoked %s %q", h.Noun, h.in.Name)
	case found.Gone > 0:
		h.Log("%s %q was already gone", h.Noun, h.in.Name)
	}
}

// searchAndRevoke is Release. A request that our own deadline or a signal
// interrupted may still be processed by the service: if the credential is not found,
// the search is repeated. A repeated search for which no time is left does not count:
// the intent stays open, so that post searches again.
func (h *holder[T]) searchAndRevoke(ctx context.Context, brokeOff bool) (found Count, err error) {
	found, err = h.releaseOwn(ctx)
	for _, wait := range []time.Duration{soon, later} {
		if err != nil || !brokeOff || h.delivered || found.All() >= h.expected() || Wait(ctx, wait) != nil {
			break
		}
		more, again := h.releaseOwn(ctx)
		found = found.plus(more)
		if _, unanswered := errors.AsType[*searchError](again); unanswered && ended(ctx) != nil {
			break
		}
		err = again
	}
	return found, err
}

// releaseOwn is Release, but does not treat a credential of another owner as an
// error.
func (h *holder[T]) releaseOwn(ctx context.Context) (Count, error) {
	found, err := Release(ctx, h.service, h.in)
	if _, taken := errors.AsType[*Taken](err); taken {
		return found, nil
	}
	return found, err
}

// expected returns the maximum number of credentials that can exist.
func (h *holder[T]) expected() int {
	if h.issued {
		return h.in.Lost + 1
	}
	return h.in.Lost
}

// end records that nothing is left. If even that cannot be written, post searches
// once more and finds nothing.
func (h *holder[T]) end() {
	h.in.State = Released
	_ = h.Journal.Record(h.in)
}
