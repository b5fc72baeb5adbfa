package transport

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	firstBackoff = 800 * time.Millisecond
	maxBackoff   = time.Minute
	// No step waits longer than this. A Retry-After that asks for more counts as
	// this much. A longer wait in another form is a mistake (milliseconds for seconds,
	// for example): the request is then repeated as if the server had not asked.
	maxAsked = 7 * 24 * time.Hour
)

// asked returns how long a response asks the client to wait, and the header that
// says so. Sources: azcore (the two in milliseconds), RFC 9110 section 10.2.3, Azure
// DevOps "Rate and usage limits" (X-RateLimit-*).
func asked(h http.Header) (time.Duration, string) {
	now := serverTime(h)
	for _, way := range []struct {
		name  string
		parse func(string) time.Duration
	}{
		{"retry-after-ms", func(v string) time.Duration { return number(v, time.Millisecond) }},
		{"x-ms-retry-after-ms", func(v string) time.Duration { return number(v, time.Millisecond) }},
		{"Retry-After", func(v string) time.Duration { return secondsOrDate(v, now) }},
	} {
		if d := way.parse(strings.TrimSpace(h.Get(way.name))); d > 0 {
			return d, way.name
		}
	}
	return untilReset(h, now), "X-RateLimit-Reset"
}

// untilReset returns the wait that X-RateLimit-Remaining: 0 implies.
func untilReset(h http.Header, now time.Time) time.Duration {
	if strings.TrimSpace(h.Get("X-RateLimit-Remaining")) != "0" {
		return 0
	}
	reset, err := strconv.ParseInt(strings.TrimSpace(h.Get("X-RateLimit-Reset")), 10, 64)
	if err != nil {
		return 0
	}
	return sensible(time.Unix(reset, 0).Sub(now))
}

// secondsOrDate parses Retry-After: RFC 9110, section 10.2.3, and fractions.
func secondsOrDate(v string, now time.Time) time.Duration {
	if at, err := http.ParseTime(v); err == nil {
		return max(0, min(at.Sub(now), maxAsked))
	}
	if n, err := strconv.ParseFloat(v, 64); err == nil && strings.Trim(v, "0123456789") == "" && n > maxAsked.Seconds() {
		return maxAsked
	}
	return number(v, time.Second)
}

// number parses a number of units, with or without a fraction.
func number(v string, unit time.Duration) time.Duration {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !(n > 0 && n <= float64(maxAsked/unit)) { // NaN is neither
		return 0
	}
	return time.Duration(n * float64(unit))
}

func sensible(d time.Duration) time.Duration {
	if d < 0 || d > maxAsked {
		return 0
	}
	return d
}

// serverTime returns the response's own Date, so that a wrong clock on the runner
// does not change a wait that is given as a time.
func serverTime(h http.Header) time.Time {
	if at := dateOf(h); !at.IsZero() {
		return at
	}
	return time.Now()
}

// dateOf returns a response's own Date (RFC 9110, section 6.6.1), or zero.
func dateOf(h http.Header) time.Time {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return at
}

// backoff returns the wait after the nth failed attempt if the service did not ask
// for one. It doubles each time, with jitter, so that clients that failed together
// do not return together.
func backoff(attempt int) time.Duration {
	d := firstBackoff << min(attempt-1, 10)
	return min(time.Duration(float64(d)*(0.8+rand.Float64()/2)), maxBackoff)
}

// longWait is the length from which a wait that a service asked for gets jitter.
const longWait = 10 * time.Second

// spread adds up to a fifth to a long wait, so that jobs that started and were
// throttled together do not return together.
func spread(d time.Duration) time.Duration {
	if d < longWait {
		return d
	}
	return d + time.Duration(rand.Int64N(int64(d/5)))
}

// fits reports whether any of the context's time remains after a wait.
func fits(ctx context.Context, d time.Duration) bool {
	deadline, limited := ctx.Deadline()
	return !limited || d < time.Until(deadline)
}

// Pause waits, or returns the error that ended the context.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// shown rounds a wait for display.
func shown(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
