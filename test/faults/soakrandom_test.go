//go:build unix

package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"syscall"
	"time"
)

// turn says what one run of azstep meets.
type turn struct {
	faults []map[string]any // in the form of the emulator's control requests
	slow   bool             // only azstep's own deadline ends it
	reset  time.Duration    // if not 0, every connection is reset after this time
	barred bool             // the first connection is reset immediately
	signal syscall.Signal   // signal to send, or 0
	after  time.Duration    // delay of the signal after the start
	late   time.Duration    // how long the services may work on a request whose client has gone
}

func (t turn) String() string {
	return fmt.Sprintf("faults %v, reset %s, barred %t, signal %d after %s", t.faults, t.reset, t.barred, int(t.signal), t.after)
}

// random generates jobs. Equal seeds and numbers give equal jobs.
type random struct{ *rand.Rand }

func newRandom(seed uint64, number int) random {
	return random{rand.New(rand.NewPCG(seed, uint64(number)))}
}

// chance is true in that percentage of cases.
func (d random) chance(percent int) bool { return d.IntN(100) < percent }

func (d random) upTo(most time.Duration) time.Duration {
	return time.Duration(1 + d.Int64N(int64(most)))
}

// turn chooses what one run meets: most runs meet nothing, a third meets a fault,
// and some are killed. patient says that only a long deadline would end a
// silence.
func (d random) turn(l *lane, patient bool) (t turn) {
	if d.chance(33) {
		for range 1 + d.IntN(2) {
			d.misfortune(&t, patient)
		}
	}
	if d.chance(l.stops) {
		t.signal, t.after = l.signals[d.IntN(len(l.signals))], d.upTo(250*time.Millisecond)
		t.late = max(t.late, 50*time.Millisecond)
	}
	return t
}

// misfortune adds a fault to a turn.
func (d random) misfortune(t *turn, patient bool) {
	fault := map[string]any{"times": []int{1, 1, 1, 1, 2, 2, 3, -1}[d.IntN(8)], "skip": d.IntN(3)}
	switch n := d.IntN(100); {
	case n < 40:
		d.refusal(fault)
	case n < 60:
		fault["kind"] = []string{"drop-before", "drop-after", "drop-after", "cut"}[d.IntN(4)]
	case n < 72:
		before := d.upTo(150 * time.Millisecond)
		fault["delay"], fault["delayAfter"] = before.String(), d.upTo(150*time.Millisecond).String()
		t.late = max(t.late, before)
	case n < 84:
		t.reset, t.late = d.upTo(100*time.Millisecond), max(t.late, 50*time.Millisecond)
		return
	case n < 90:
		t.barred = true
		return
	case n < 95:
		// A sign-in page that comes twice instead of a different answer is the limit
		// that docs/security.md names.
		fault["kind"] = []string{"garbage", "html-200", "sign-in-203", "redirect"}[d.IntN(4)]
		fault["effect"] = fault["kind"] == "garbage" && d.chance(50)
	case n < 97:
		fault["kind"], fault["times"] = []string{"endless", "gzip-bomb", "giant-headers"}[d.IntN(3)], 1
	case !patient:
		fault["kind"], fault["effect"], t.slow = []string{"hang", "drip"}[d.IntN(2)], d.chance(50), true
	default:
		d.refusal(fault)
	}
	t.faults = append(t.faults, fault)
}

// refusal is an answer that asks the client to retry. Only 429 proves that nothing
// was done.
func (d random) refusal(fault map[string]any) {
	status := []int{429, 429, 500, 502, 503, 503, 504, 408}[d.IntN(8)]
	fault["kind"], fault["status"], fault["body"] = "status", status, apology
	fault["effect"] = d.chance(30) && status != http.StatusTooManyRequests
	if d.chance(50) {
		fault["header"] = map[string]string{"Retry-After": []string{"0", "1", "soon"}[d.IntN(3)]}
	}
	if d.chance(40) {
		fault["method"] = []string{http.MethodPost, http.MethodPut, http.MethodGet, http.MethodDelete}[d.IntN(4)]
	}
}
