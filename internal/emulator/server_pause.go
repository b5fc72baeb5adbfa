package emulator

import (
	"context"
	"time"
)

// pause is a service taking its time over a request: it goes on when the client
// has gone, and returns false only when the server was closed before d had passed.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closed:
		return false
	}
}

// timerError is how late a timer of Go can be on an idle Linux, where the
// runtime waits in whole milliseconds.
const timerError = 2 * time.Millisecond

// pauseUntil is a pause that ends on time: whoever measures a client by answers
// that take 5 ms must not measure timers that take 5.7.
func (s *Server) pauseUntil(due time.Time) bool {
	if !s.pause(time.Until(due) - timerError) {
		return false
	}
	sleepExactly(time.Until(due))
	return true
}

// wait returns false when ctx ended before d had passed.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
