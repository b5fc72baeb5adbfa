package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// retryStatus are the statuses that a later attempt may not get (azcore has the same).
var retryStatus = []int{408, 429, 500, 502, 503, 504}

// persist tries a call again where its failure says that this is safe and of
// use: never a POST whose effect is unknown, never without a word in the log, and
// never where the deadline comes before the wait is over.
func (c *Caller) persist(ctx context.Context, x *exchange) error {
	maybe := false
	var told *fault.Error // when to come back, by the last attempt
	for attempt := 1; ; {
		err := c.try(ctx, x)
		f, tried := errors.AsType[*failure](err)
		if !tried {
			return doubtful(err, maybe)
		}
		maybe = maybe || f.fault.MaybeDone
		putOff := c.isPutOff(f.fault)
		switch {
		case putOff:
			told = f.fault
		case told != nil && f.fault.Code == fault.Timeout: // for all the waits that went before
			return doubtful(noTime(told, told.RetryAfter), maybe)
		}
		if !putOff && attempt == c.t.attempts || !x.mayRepeat(f) {
			return doubtful(counted(f.fault, attempt), maybe)
		}
		if err := c.t.wait(x.request, f.fault, attempt); err != nil {
			return doubtful(err, maybe)
		}
		if !putOff {
			attempt++
		}
	}
}

// try makes one attempt. Its error is a *failure where another one may help.
func (c *Caller) try(ctx context.Context, x *exchange) error {
	if err := c.t.await(ctx, x.what); err != nil {
		return err
	}
	r := x.attempt(ctx)
	if err := c.authorize(r, x); err != nil {
		return err
	}
	return c.t.answer(r, x)
}

// isPutOff reports whether a refusal is no attempt, but a word when to come back.
func (c *Caller) isPutOff(f *fault.Error) bool {
	return c.patient && f.Code == fault.RateLimited && f.RetryAfter > 0
}

// wait pauses after an attempt for as long as the service asked, or backs off.
func (t *Transport) wait(r *http.Request, f *fault.Error, attempt int) error {
	d := cmp.Or(f.RetryAfter, backoff(attempt))
	if !fits(r.Context(), d) {
		return noTime(f, d)
	}
	t.log("waiting %s before attempt %d of %d: %s", shown(d), min(attempt+1, t.attempts), t.attempts, reason(r, f))
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

func isRetryStatus(status int) bool { return slices.Contains(retryStatus, status) }
