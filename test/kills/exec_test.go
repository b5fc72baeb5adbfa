//go:build unix

package kills

import (
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// commandTakes is how long exec's command runs if it is not disturbed.
const commandTakes = 50 * time.Millisecond

// commands are run by exec: one ends by itself, one is killed at some moment, and
// one ignores signals.
func commands(r *rand.Rand) (line string, exit int) {
	took := strconv.FormatFloat(upTo(r, 2*commandTakes).Seconds(), 'f', -1, 64)
	switch r.IntN(4) {
	case 0:
		return "sleep " + took + "; kill -KILL $$", 128 + int(syscall.SIGKILL)
	case 1:
		return "trap '' TERM INT HUP QUIT ABRT; sleep " + took, 0
	default:
		return "exec sleep " + took, 0
	}
}

// TestExecKilledAtAnyInstant checks that no credential is valid after exec, whatever
// ended it or its command. Only SIGKILL of azstep itself leaves work for post.
func TestExecKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	usual := usually(t)
	for n, p := range places()[1:] { // a uses: step cannot run a command
		for i := range instants() / 2 {
			t.Run(p.String()+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				number := i*len(places()) + n
				w, plan := newWorld(t, pats(), p), plannedExec(number, usual)
				line, exit := commands(rand.New(rand.NewPCG(*seed, uint64(number)+1<<33)))
				w.fault(emulator.Fault{Path: "*/tokens/pats", Times: -1, Delay: plan.before, DelayAfter: plan.after})
				r := w.start(w.step(), plan.mint, "azstep", "exec", "--", "/bin/sh", "-c", line)
				killed := plan.mint.name == syscall.SIGKILL && r.exit == 128+int(syscall.SIGKILL)
				switch {
				case killed, r.quitEarly(plan.mint):
					w.settle()
				case r.exit != exit && r.exit != 128+int(plan.mint.name):
					t.Errorf("exit %d", r.exit)
				case len(w.alive()) > 0 || r.lasted > grace:
					t.Errorf("%s after the signal %q are valid", r.lasted, w.alive())
				}
				if t.Failed() {
					t.Logf("%s: %s\nexit %d\n%s", line, plan, r.exit, r.log())
				}
				w.cleanUp(r, plan)
			})
		}
	}
}

// plannedExec is a plan for exec: after the response comes the command.
func plannedExec(number int, usual time.Duration) plan {
	p := planned(number, usual)
	p.outlive = false
	if p.mint.since == answered {
		r := rand.New(rand.NewPCG(*seed, uint64(number)+1<<32))
		p.mint.after = upTo(r, p.after+commandTakes+slowest)
	}
	return p
}
