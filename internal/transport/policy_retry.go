package transport

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"azstep/internal/fault"
)

// retryStatus are the statuses that a later attempt may not get (azcore has the same).
var retryStatus = []int{408, 429, 500, 502, 503, 504}

// retryPolicy tries a call again where its failure says that this is safe and
// of use. It stands in for azcore's, which repeats a POST whose effect is
// unknown, waits without a word, and waits even where the deadline comes first.
type retryPolicy struct{ t *Transport }

func (p retryPolicy) Do(req *policy.Request) (*http.Response, error) {
	x := of(req)
	maybe := false
	for attempt := 1; ; {
		resp, err := x.attempt(req)
		f, tried := errors.AsType[*failure](err)
		if !tried {
			return resp, doubtful(err, maybe)
		}
		maybe = maybe || f.fault.MaybeDone
		putOff := x.isPutOff(f.fault)
		if !putOff && attempt == p.t.attempts || !x.mayRepeat(f) {
			return nil, doubtful(counted(f.fault, attempt), maybe)
		}
		if err := p.wait(req.Raw(), f.fault, attempt); err != nil {
			return nil, doubtful(err, maybe)
		}
		if !putOff {
			attempt++
		}
	}
}

// isPutOff reports whether a refusal is no attempt, but a word when to come back.
func (x *exchange) isPutOff(f *fault.Error) bool {
	return x.patient && f.Code == fault.RateLimited && f.RetryAfter > 0
}

// wait pauses after an attempt for as long as the service asked, or backs off.
func (p retryPolicy) wait(r *http.Request, f *fault.Error, attempt int) error {
	d := cmp.Or(f.RetryAfter, backoff(attempt))
	if !fits(r.Context(), d) {
		return noTime(f, d)
	}
	p.t.log("waiting %s before attempt %d of %d: %s", shown(d), min(attempt+1, p.t.attempts), p.t.attempts, reason(r, f))
	if pause(r.Context(), d) != nil {
		return stopped(r.Context(), describe(r), false)
	}
	return nil
}

// noTime ends a call whose next wait is longer than the time that is left.
func noTime(f *fault.Error, d time.Duration) *fault.Error {
	if f.RetryAfter > 0 {
		return tooLong(f, d)
	}
	f.Err = fmt.Errorf("%w; the input timeout leaves no time to wait %s and try again", f.Err, shown(d))
	return f.With("raise the input timeout, or run the step later")
}

// reason is why a request waits, without a word of the server's.
func reason(r *http.Request, f *fault.Error) string {
	why := string(f.Code)
	if f.Status >= 300 {
		why = fmt.Sprintf("%d %s", f.Status, http.StatusText(f.Status))
	}
	if f.RetryAfter > 0 {
		why += ", the service asked for this wait"
	}
	return r.Method + " " + r.URL.Host + ": " + why
}

// mayRepeat weighs what went wrong against what the call does.
func (x *exchange) mayRepeat(f *failure) bool {
	return f.again == anyway || f.again == repeatable && !x.call.Once
}

func counted(f *fault.Error, attempts int) *fault.Error {
	if attempts > 1 {
		f.Err = fmt.Errorf("%w (attempt %d)", f.Err, attempts)
	}
	return f
}

// doubtful keeps what an earlier attempt left open: a later refusal does not
// undo an effect that the first may have had.
func doubtful(err error, maybe bool) error {
	if err == nil || !maybe {
		return err
	}
	f := fault.From(err)
	f.MaybeDone = true
	return f
}

// attempt sends the request once. Each attempt has a body of its own: net/http
// may still read that of the last one.
func (x *exchange) attempt(req *policy.Request) (*http.Response, error) {
	try := req.Clone(req.Raw().Context())
	if x.payload == nil {
		return try.Next()
	}
	if err := try.SetBody(streaming.NopCloser(bytes.NewReader(x.payload)), "application/json"); err != nil {
		return nil, err
	}
	try.Raw().GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.payload)), nil }
	return try.Next()
}

func isRetryStatus(status int) bool { return slices.Contains(retryStatus, status) }
