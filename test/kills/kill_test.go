//go:build unix

package kills

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// kills is how many times a mint is killed in each of the four places, and seed
// generates the plans.
var (
	kills = flag.Int("kills", 50, "how often to kill a mint in each place")
	seed  = flag.Uint64("seed", rand.Uint64(), "what chooses the instants")
)

// instants returns kills, or less with -short.
func instants() int {
	if testing.Short() {
		return min(*kills, 8)
	}
	return *kills
}

// grace is the time that azstep may take to clean up after a signal: five seconds of
// its own time. The bound is far above that, so that no load of the machine reaches
// it, and below the time that azstep takes if it ignores the signal.
const grace = 30 * time.Second

// slowest is the longest delay of the slow services, before or after a request takes
// effect.
const slowest = 30 * time.Millisecond

// plan is one mint and how it is disturbed.
type plan struct {
	before, after time.Duration // delays of the service
	mint, post    signal
	outlive       bool // revoke-at-job-end: false
}

func (p plan) String() string {
	return fmt.Sprintf("-seed %d: the service waits %s and %s; mint: %s; post: %s; outlive: %t",
		*seed, p.before, p.after, p.mint, p.post, p.outlive)
}

func upTo(r *rand.Rand, d time.Duration) time.Duration { return time.Duration(r.Int64N(int64(d))) }

// planned returns a plan. The moments of the signals are spread over the phases of a
// mint: its start, with the usual duration, the time that the service takes, and the
// handling of the response, which is so short that chance would hardly ever hit it.
func planned(number int, usual time.Duration) plan {
	r := rand.New(rand.NewPCG(*seed, uint64(number)))
	p := plan{before: upTo(r, slowest), after: upTo(r, slowest), outlive: r.IntN(4) == 0}
	p.mint.since = []event{started, asked, answered}[r.IntN(3)]
	p.mint.after = upTo(r, map[event]time.Duration{started: usual, asked: p.before + p.after, answered: 5 * time.Millisecond}[p.mint.since])
	p.mint.name = []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT}[max(0, r.IntN(9)-3)]
	if r.IntN(4) == 0 {
		p.post = signal{name: syscall.SIGKILL, after: upTo(r, 2*usual)}
	}
	return p
}

// TestKilledAtAnyInstant kills a mint, cleans up with what was stored, and checks
// that no credential is valid that was not delivered.
func TestKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	usual := usually(t, places()[0])
	for n, p := range places() {
		for i := range instants() {
			t.Run(p.String()+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				newWorld(t, pats(), p).disturb(planned(i*len(places())+n, usual))
			})
		}
	}
}

// disturb runs a mint as planned and checks what it leaves, before and after post.
func (w *world) disturb(p plan) {
	w.t.Helper()
	w.inputs["revoke-at-job-end"] = strconv.FormatBool(!p.outlive)
	w.fault(emulator.Fault{Path: w.kind.path, Times: -1, Delay: p.before, DelayAfter: p.after})
	minted := w.mint(p.mint)
	w.checkEnd(minted, p)
	w.cleanUp(minted, p)
	if w.t.Failed() {
		w.t.Logf("%s\nthe mint, exit %d:\n%s\nrequests:\n%s", p, minted.exit, minted.log(), w.requests())
	}
}

// usually returns how long a mint takes if it is not disturbed.
func usually(t *testing.T, p place) time.Duration {
	t.Helper()
	least := time.Minute
	for range 5 {
		w := newWorld(t, pats(), p)
		r := w.mint(signal{})
		if r.exit != 0 {
			t.Fatalf("exit %d\n%s", r.exit, r.log())
		}
		least = min(least, r.took)
	}
	return least
}

// checkEnd checks how a signal ended a mint: azstep has revoked, or delivered.
func (w *world) checkEnd(r run, p plan) {
	w.t.Helper()
	switch {
	case p.mint.name == syscall.SIGKILL && r.exit == 128+int(syscall.SIGKILL):
		w.settle()
		return
	case r.quitEarly(p.mint):
	case r.lasted > grace:
		w.t.Errorf("%s after the signal", r.lasted)
	case r.exit == 0:
		if alive := w.alive(); len(alive) != 1 || alive[0] != w.delivered(r) {
			w.t.Errorf("exit 0 with %q delivered and %q valid", w.delivered(r), alive)
		}
	case r.exit == 1 && w.kind.refuses:
	case r.exit != 128+int(p.mint.name):
		w.t.Errorf("exit %d after %s", r.exit, p.mint.name)
	case len(w.alive()) > 0:
		w.t.Errorf("valid after %s and before post: %q", p.mint.name, w.alive())
	}
}

// cleanUp runs post, killed once if the plan says so, and checks again.
func (w *world) cleanUp(minted run, p plan) {
	w.t.Helper()
	if p.post.name != 0 {
		w.post(minted, p.post)
		w.settle()
	}
	w.ClearFaults()
	post := w.post(minted, signal{})
	if post.exit != 0 {
		w.t.Errorf("post: exit %d\n%s", post.exit, post.log())
	}
	alive := w.alive()
	if p.outlive {
		alive = slices.DeleteFunc(alive, func(id string) bool { return id == w.delivered(minted) })
		if minted.exit == 0 && len(w.alive()) == 0 {
			w.t.Errorf("a PAT that should have stayed valid was revoked\n%s", post.log())
		}
	}
	if len(alive) > 0 {
		w.t.Errorf("valid after post: %q\n%s", alive, post.log())
	}
}

// requests returns the requests that the services received, for a report.
func (w *world) requests() string {
	var b strings.Builder
	for _, r := range w.Requests() {
		fmt.Fprintf(&b, "%d %s %s %s %d %s\n", r.Connection, r.Time.Format("05.000"), r.Method, r.Path, r.Status, r.Fault)
	}
	return b.String()
}
