package auth

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	firstWait  = 800 * time.Millisecond // before the second attempt; each wait after it is twice as long
	longestAsk = 10 * time.Minute       // a service that asks for a longer wait is not waited for
)

// waitFor is how long to wait after the given attempt: as long as the service
// asks, else twice as long each time, with jitter.
func waitFor(resp *http.Response, attempt int, now time.Time) time.Duration {
	if resp != nil {
		if wait, ok := retryAfter(resp.Header, now); ok {
			return wait
		}
	}
	wait := firstWait << min(attempt-1, 10)
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
}

// retryAfter reads the forms that Azure services use: milliseconds in two
// headers of its own, and Retry-After in seconds or as a date (RFC 9110,
// 10.2.3), which counts from the answer's own Date: the runner's clock may be
// wrong.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	for _, key := range []string{"Retry-After-Ms", "X-Ms-Retry-After-Ms"} {
		if ms, err := strconv.ParseInt(h.Get(key), 10, 32); err == nil && ms >= 0 {
			return time.Duration(ms) * time.Millisecond, true
		}
	}
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		if said, err := http.ParseTime(h.Get("Date")); err == nil {
			now = said
		}
		return max(0, at.Sub(now)), true
	}
	return 0, false
}

// fits says whether the wait leaves any time for the attempt after it.
func fits(ctx context.Context, wait time.Duration) bool {
	end, ok := ctx.Deadline()
	return wait <= longestAsk && (!ok || time.Now().Add(wait).Before(end))
}

func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
