package transport

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// throttle holds requests back after the service asked for less load, which it may do in
// a success, too. All requests of a Transport share it, because Azure DevOps counts
// per user and not per address.
type throttle struct {
	mu    sync.Mutex
	until time.Time
	why   string
}

// delay holds back further requests for d, unless they already wait longer.
func (h *throttle) delay(d time.Duration, why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until := time.Now().Add(d); d > 0 && until.After(h.until) {
		h.until, h.why = until, why
	}
}

func (h *throttle) left() (time.Duration, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Until(h.until), h.why
}

// await waits until the delay is over. Only an actual request waits: what the last
// response of a run asked for delays nothing.
func (t *Transport) await(ctx context.Context, what string) error {
	for {
		d, why := t.throttle.left()
		if d <= 0 {
			return nil
		}
		if !fits(ctx, d) {
			return tooLong(fault.New(fault.RateLimited, "%s", why), d)
		}
		t.log("waiting %s before the next request: %s", shown(d), why)
		if Pause(ctx, d) != nil {
			return stopped(ctx, what, false)
		}
	}
}

// tooLong changes an error to say that the requested wait did not fit into the
// remaining time.
func tooLong(f *fault.Error, d time.Duration) *fault.Error {
	f.RetryAfter = d
	f.Err = fmt.Errorf("%w; the service asks azstep to wait %s, longer than the input timeout allows", f.Err, shown(d))
	return f.With(fmt.Sprintf("increase the input timeout by at least %s, or run the step later", shown(d)))
}
