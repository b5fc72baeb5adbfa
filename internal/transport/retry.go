package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// again says which calls may be repeated after a failure.
type again int

const (
	never      again = iota // a repeat would have the same result
	repeatable              // calls that are safe to repeat
	anyway                  // every call: this one certainly had no effect
)

// failure is the result of a failed attempt. It does not leave this package.
type failure struct {
	fault  *fault.Error
	again  again
	change func(*url.URL) *url.URL // how to address the service instead, or nil
}

func (f *failure) Error() string { return f.fault.Error() }

// retryStatus lists the statuses that a retry may fix (the same as in azcore).
var retryStatus = []int{408, 429, 500, 502, 503, 504}

func isRetryStatus(status int) bool { return slices.Contains(retryStatus, status) }

// retry repeats a call if its failure shows that this is safe and useful. It never
// repeats a POST whose effect is unknown, logs every retry, and gives up if the
// deadline would pass before the wait is over.
func (c *Caller) retry(ctx context.Context, x *exchange) error {
	maybe := false
	var delayed *fault.Error // the last attempt's error that asked to wait
	for attempt := 1; ; {
		err := c.try(ctx, x)
		f, tried := errors.AsType[*failure](err)
		if !tried {
			return doubtful(err, maybe)
		}
		if c.otherwise(x, f) {
			continue
		}
		maybe = maybe || f.fault.MaybeDone
		putOff := c.isPutOff(f.fault)
		switch {
		case putOff:
			delayed = f.fault
		case delayed != nil && f.fault.Code == fault.Timeout: // all the waits before used up the time
			return doubtful(noTime(delayed, delayed.RetryAfter), maybe)
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

// try makes one attempt. Its error is a *failure if another attempt may help.
func (c *Caller) try(ctx context.Context, x *exchange) error {
	if err := c.t.await(ctx, x.what); err != nil {
		return err
	}
	within, cancel := x.limited(ctx)
	defer cancel()
	r := x.attempt(within)
	if err := c.authorize(r, x); err != nil {
		return err
	}
	err := c.t.send(r, x)
	if err != nil && ended(within) != nil && ended(ctx) == nil {
		return &failure{fault: fault.New(fault.Network, "%s: no response within %s", x.what, x.call.Limit), again: repeatable}
	}
	if c.accepted != nil {
		return c.doubt(err, x)
	}
	return err
}

// limited returns the context of one attempt.
func (x *exchange) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if x.call.Limit == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, x.call.Limit)
}

// doubt allows another attempt if a credential is rejected that was accepted for the
// same kind of call: throttling looks the same.
func (c *Caller) doubt(err error, x *exchange) error {
	f, tried := errors.AsType[*failure](err)
	switch {
	case err == nil:
		c.accepted.note(x)
	case tried && f.again == never && isUnauthorized(f.fault.Status) && c.accepted.has(x):
		f.again = anyway
		f.fault.Hints = append([]string{"the service accepted the same credential a moment ago: it has expired or been revoked since then, or the service is rejecting requests because there are too many"}, f.fault.Advice()...)
	}
	return err
}

func isUnauthorized(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusNonAuthoritativeInfo
}

// isPutOff reports whether an error only asks to wait and does not count as an
// attempt.
func (c *Caller) isPutOff(f *fault.Error) bool {
	return c.accepted != nil && f.Code == fault.RateLimited && f.RetryAfter > 0
}

// wait pauses after an attempt for as long as the service asked, or backs off.
func (t *Transport) wait(r *http.Request, f *fault.Error, attempt int) error {
	d := cmp.Or(f.RetryAfter, backoff(attempt))
	if !fits(r.Context(), d) {
		return noTime(f, d)
	}
	if later := spread(d); f.RetryAfter > 0 && fits(r.Context(), later) {
		d = later
	}
	t.log("waiting %s before attempt %d of %d: %s", shown(d), min(attempt+1, t.attempts), t.attempts, reason(r, f))
	if Pause(r.Context(), d) != nil {
		return stopped(r.Context(), describe(r), false)
	}
	return nil
}

// noTime ends a call if the next wait is longer than the remaining time.
func noTime(f *fault.Error, d time.Duration) *fault.Error {
	if f.RetryAfter > 0 {
		return tooLong(f, d)
	}
	f.Err = fmt.Errorf("%w; the input timeout does not leave enough time to wait %s and try again", f.Err, shown(d))
	return f.With("increase the input timeout, or run the step later")
}

// reason explains why a request waits, without any text from the server.
func reason(r *http.Request, f *fault.Error) string {
	why := string(f.Code)
	if f.Status > 0 && !isSuccess(f.Status) {
		why = statusText(f.Status)
	}
	if f.RetryAfter > 0 {
		why += ", as the service asked"
	}
	return r.Method + " " + r.URL.Host + ": " + why
}

// mayRepeat decides whether the failure and the call allow a retry.
func (x *exchange) mayRepeat(f *failure) bool {
	return f.again == anyway || f.again == repeatable && !x.call.Once
}

func counted(f *fault.Error, attempts int) *fault.Error {
	if attempts > 1 {
		f.Err = fmt.Errorf("%w (attempt %d)", f.Err, attempts)
	}
	return f
}

// doubtful keeps the doubt of an earlier attempt: a later refusal does not undo an
// effect that the first one may have had.
func doubtful(err error, maybe bool) error {
	if err == nil || !maybe {
		return err
	}
	f := fault.From(err)
	f.MaybeDone = true
	return f
}
