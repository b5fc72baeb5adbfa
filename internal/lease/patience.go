package lease

import (
	"context"
	"errors"
	"time"

	"azstep/internal/fault"
)

// lingering returns a context that ends with ctx, but after a signal only when
// linger has passed.
func lingering(ctx context.Context) (context.Context, context.CancelFunc) {
	patient, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	undo := func() {}
	if end, ok := ctx.Deadline(); ok {
		patient, undo = context.WithDeadline(patient, end)
	}
	stop := context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			timer := time.NewTimer(linger)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-patient.Done():
			}
		}
		cancel(context.Cause(ctx))
	})
	return patient, func() { stop(); undo(); cancel(context.Canceled) }
}

// graceAfter is how long the clean-up may take.
func graceAfter(ctx context.Context) time.Duration {
	switch {
	case ctx.Err() == nil:
		return grace
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return deadlineGrace
	default:
		return grace - linger
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return fault.New(fault.ServiceUnavailable, "the service asks to wait %s, which does not fit the timeout", d.Round(time.Millisecond))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
