package lease

import (
	"context"
	"errors"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

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

// lingering returns a context that ends with ctx, but after a signal only when
// linger has passed.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	undo := func() {}
	if end, ok := ctx.Deadline(); ok {
		// Later than ctx's own, which ends patient by its cause.
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

// graceAfter is how long the clean-up may take: after a signal what is left of
// the grace period, after a delivery (the command of exec, which may have
// outlasted the deadline) as long as retries need, else until shortly after the
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

// ended is ctx.Err(), and says that a deadline has passed even where the
// context's own timer has not fired yet: a lingering context's may be first.
func ended(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// Wait is as long as a service asked. A wait that does not fit the deadline ends at
// once, with service-unavailable; one that ctx ends is its cause.
func Wait(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return fault.New(fault.ServiceUnavailable, "the service asks to wait %s, which does not fit the input timeout", d.Round(time.Millisecond))
	}
	return transport.Pause(ctx, d)
}
