// Package lease holds a minted credential from the intent to make it until it
// is delivered or released. It knows neither hosts nor services.
//
// The one promise: a credential reaches the outside only through deliver, and
// unless deliver says keep and returns no error, nothing of it is alive when
// Hold returns, or the error is revoke-failed. What a later process needs in
// order to keep that promise after a SIGKILL is in the journal before the
// request for the credential leaves.
package lease

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// Intent is what must be known to find and revoke a credential whose birth
// nobody saw. It holds no secret. As JSON it is the journal's entry.
type Intent struct {
	Kind    string    `json:"kind"`         // "pat" or "iot-token"
	Base    string    `json:"base"`         // the API's base URL
	Name    string    `json:"name"`         // a PAT's unique display name, or an API token's id
	ID      string    `json:"id,omitempty"` // what Revoke takes, once known
	Expires time.Time `json:"expires"`      // as requested; its milliseconds mark an API token
	// Shared says that the name may be somebody else's, too: a user chose it.
	Shared bool `json:"shared,omitempty"`
	// Lost counts requests whose answer was lost: each may have made a
	// credential that ID does not name.
	Lost   int      `json:"lost,omitempty"`
	State  State    `json:"state,omitempty"`
	Access Identity `json:"access"`
	// Outlive says that a delivered credential is to live on after the job.
	Outlive bool `json:"-"`
}

// State says what became of an intent.
type State string

// An open intent may have a live credential, which post must release. A kept
// one was delivered for longer than the job. Of a released one nothing lives.
const (
	Open     State = ""
	Kept     State = "kept"
	Released State = "released"
)

// Identity is the way to authenticate again: names and addresses, no secret.
type Identity struct {
	Auth                string   `json:"auth"`
	TenantID            string   `json:"tenantId,omitempty"`
	ClientID            string   `json:"clientId,omitempty"`
	ServiceConnectionID string   `json:"serviceConnectionId,omitempty"`
	AuthorityHost       string   `json:"authorityHost,omitempty"`
	TrustedHosts        []string `json:"trustedHosts,omitempty"`
}

// Service is the three verbs that a kind of credential brings.
type Service[T any] interface {
	// Issue makes the credential and returns it with its id: what Revoke needs to
	// end exactly this one, and nothing secret.
	Issue(context.Context, Intent) (T, string, error)
	// Find lists the ids of all live credentials that this intent made, and of no others.
	Find(context.Context, Intent) ([]string, error)
	// Revoke ends one. One that is gone already is no error.
	Revoke(ctx context.Context, id string) error
}

// Journal makes an intent durable before Record returns. A later entry of the
// same intent replaces an earlier one.
type Journal interface{ Record(Intent) error }

// Times of the clean-up. After a signal, a request that may be making a
// credential gets linger to answer, because an id is surer than a search; all
// of the clean-up ends within grace, since CI hosts kill 7 to 10 seconds after
// they ask. After azstep's own deadline there is nothing to linger for. Calm is
// time for retries where nobody waits. What a search did not find it looks for
// again soon, and once more later.
const (
	grace         = 5 * time.Second
	linger        = 2500 * time.Millisecond
	deadlineGrace = 1500 * time.Millisecond
	calm          = 20 * time.Second
	soon          = 200 * time.Millisecond
	later         = 800 * time.Millisecond
)

// Hold issues a credential under a recorded intent and hands it to deliver.
// When an answer was lost it revokes what the request may have made and tries
// once more. Errors are those of Issue and deliver, output-failed when the
// journal cannot be written, and revoke-failed when a live credential may
// remain.
func Hold[T any](ctx context.Context, s Service[T], j Journal, in Intent, deliver func(context.Context, T) (keep bool, err error)) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := j.Record(in); err != nil {
		return err
	}
	h := &holder[T]{service: s, journal: j, in: in}
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
	service Service[T]
	journal Journal
	in      Intent
	issued  bool // the service said that in.ID lives
	// delivered says that deliver was called, however it ended.
	delivered bool
}

// issue tries, and after a lost answer cleans up and tries once more.
func (h *holder[T]) issue(ctx context.Context) (T, error) {
	got, err := h.try(ctx)
	if err == nil || !fault.From(err).MaybeDone || ended(ctx) != nil {
		return got, err
	}
	if again := h.clean(ctx, err); again != nil {
		return got, again
	}
	return h.try(ctx)
}

// try sends one request, which a signal does not cut off at once.
func (h *holder[T]) try(ctx context.Context) (T, error) {
	patient, cancel := lingering(ctx)
	defer cancel()
	got, id, err := h.service.Issue(patient, h.in)
	if err != nil {
		if fault.From(err).MaybeDone {
			h.in.Lost++
		}
		return got, err
	}
	h.in.ID, h.issued = id, true
	return got, nil
}

// clean ends what a lost request may have made, and waits as long as the
// service asked, so that a second try is as good as the first.
func (h *holder[T]) clean(ctx context.Context, lost error) error {
	if err := Wait(ctx, fault.From(lost).RetryAfter); err != nil {
		return fault.Join([]error{lost, err})
	}
	if err := h.journal.Record(h.in); err != nil {
		return err
	}
	found, err := Release(ctx, h.service, h.in)
	h.in.Lost -= min(found, h.in.Lost)
	switch {
	case unwelcome(lost) && (err == nil || unwelcome(err)):
		// A page to sign in at is an answer, and a second try would meet it, too.
		// The search was for the case that it came in the place of another one.
		h.in.Lost = 0
		return lost
	case err == nil:
		return nil
	}
	return fault.Join([]error{lost, err})
}

// unwelcome says that the service wants a sign-in.
func unwelcome(err error) bool { return fault.Is(err, fault.CredentialRejected) }

// deliver hands the credential over, unless azstep has been told to stop
// before or meanwhile, and writes down what became of it.
func (h *holder[T]) deliver(ctx context.Context, got T, deliver func(context.Context, T) (bool, error)) (kept bool, err error) {
	if err := h.journal.Record(h.in); err != nil {
		return false, err
	}
	if err := context.Cause(ctx); err != nil {
		return false, err
	}
	h.delivered = true
	if kept, err = deliver(ctx, got); err != nil || !kept {
		return false, err
	}
	if err := context.Cause(ctx); err != nil || !h.in.Outlive {
		return err == nil, err
	}
	h.in.State = Kept
	return true, h.journal.Record(h.in)
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
	if h.in.Lost == 0 || found >= h.expected() {
		h.end()
	} // else an answer is still missing, and the open intent lets post look again
	return err
}

// searchAndRevoke is Release. What our own deadline or a signal broke off may
// still be at work in the service: where it is not found, it is looked for again.
func (h *holder[T]) searchAndRevoke(ctx context.Context, brokeOff bool) (found int, err error) {
	found, err = Release(ctx, h.service, h.in)
	for _, wait := range []time.Duration{soon, later} {
		if err != nil || !brokeOff || h.delivered || found >= h.expected() || Wait(ctx, wait) != nil {
			break
		}
		var more int
		more, err = Release(ctx, h.service, h.in)
		found += more
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
	_ = h.journal.Record(h.in)
}

// Release finds and revokes what in made and was not kept, and returns how
// many credentials it revoked. `azstep post` is this and nothing else.
func Release[T any](ctx context.Context, s Service[T], in Intent) (revoked int, err error) {
	ids, err := live(ctx, s, in)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, id := range ids {
		if err := s.Revoke(ctx, id); err != nil {
			failed = append(failed, err)
			continue
		}
		revoked++
	}
	if len(failed) > 0 {
		return revoked, fault.Join(failed)
	}
	return revoked, nil
}

// live lists what to revoke. Where no answer was lost the id says it all, and
// the search is one request that is not needed.
func live[T any](ctx context.Context, s Service[T], in Intent) ([]string, error) {
	if in.State == Released || in.State == Kept && in.Lost == 0 {
		return nil, nil
	}
	if in.ID != "" && in.Lost == 0 {
		return []string{in.ID}, nil
	}
	found, err := s.Find(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", in.Name, err)
	}
	var ids []string
	for _, id := range found {
		if in.State != Kept || id != in.ID {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Alive is the error for a credential that may have outlived its holder: err is
// what went wrong before, if anything, and failed what kept it from being revoked.
func Alive(in Intent, err, failed error) error {
	text := fmt.Errorf("%q may still be alive until %s: %w", in.Name, in.Expires.UTC().Format(time.RFC3339), failed)
	if err != nil {
		text = fmt.Errorf("%w; and %w", err, text)
	}
	cause := fault.From(failed)
	_, byHand := fault.Meaning(fault.RevokeFailed)
	return &fault.Error{Code: fault.RevokeFailed, RequestID: cause.RequestID, Err: text, Hints: append(slices.Clone(cause.Hints), byHand)}
}
