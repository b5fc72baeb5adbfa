package lease

import (
	"context"
	"errors"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// Timing of the cleanup. After a signal, a request that may be creating a credential
// gets the time linger to complete, because an id is more reliable than a search.
// The whole cleanup ends within grace, since CI hosts kill a step 7 to 10 seconds
// after they ask it to stop. After azstep's own deadline there is no reason to
// linger. Calm is the time for retries when nothing is waiting. If a search finds
// nothing, it is repeated soon, and once more later.
const (
	grace         = 5 * time.Second
	linger        = 2500 * time.Millisecond
	deadlineGrace = 3 * time.Second
	calm          = 20 * time.Second
	soon          = 200 * time.Millisecond
	later         = 800 * time.Millisecond
)

// lingering returns a context that ends with ctx, except that after a signal it ends
// only when linger has passed.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	undo := func() {}
	if end, ok := ctx.Deadline(); ok {
		// This is later than ctx's own deadline, which ends patient with its cause.
		patient, undo = context.WithDeadline(patient, end.Add(100*time.Millisecond))
	}
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			_ = transport.Pause(patient, linger)
		}
		cancel(context.Cause(ctx))
	})
	return patient, func() { stop(); undo(); cancel(context.Canceled) }
}

// graceAfter returns how long the cleanup may take. After a signal, it is the rest
// of the grace period. After a delivery (the command of exec may have run past the
// deadline), it is as long as retries need. Otherwise it ends shortly after the
// deadline.
func graceAfter(ctx context.Context, delivered bool) time.Duration {
	err := ended(ctx)
	switch {
	case delivered && errors.Is(err, context.Canceled):
		return grace
	case errors.Is(err, context.Canceled):
		return grace - linger
	case delivered:
		return calm
	}
	if end, ok := ctx.Deadline(); ok {
		return min(calm, max(0, time.Until(end))+deadlineGrace)
	}
	return calm
}

// ended returns ctx.Err(). It reports a passed deadline even if the context's own
// timer has not fired yet: that of a lingering context may fire first.
func ended(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Wait waits as long as a service asked. If the wait does not fit the deadline, it
// returns service-unavailable immediately; if ctx ends first, it returns its cause.
func Wait(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return fault.New(fault.ServiceUnavailable, "the service asks azstep to wait %s, longer than the input timeout allows", d.Round(time.Millisecond))
	}
	return transport.Pause(ctx, d)
}
