//go:build unix

package kills

import (
	"math/rand/v2"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// commandTakes is how long exec's command runs that nobody disturbs.
const commandTakes = 50 * time.Millisecond

// TestExecKilledAtAnyInstant: after exec nothing is alive, whatever ended it.
// Only SIGKILL leaves work for post.
func TestExecKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	command, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	usual := usually(t)
	for n, p := range places()[1:] { // a uses: step runs no command
		for i := range instants() / 2 {
			t.Run(p.String()+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				w, plan := newWorld(t, pats(), p), plannedExec(i*len(places())+n, usual)
				w.fault(emulator.Fault{Path: "*/tokens/pats", Times: -1, Delay: plan.before, DelayAfter: plan.after})
				r := w.start(w.step(), plan.mint, "azstep", "exec", "--", command, strconv.FormatFloat(commandTakes.Seconds(), 'f', -1, 64))
				killed := plan.mint.name == syscall.SIGKILL && r.exit == 128+int(syscall.SIGKILL)
				switch {
				case killed:
					settle(plan.before + plan.after)
				case r.exit != 0 && r.exit != 128+int(plan.mint.name):
					t.Errorf("exit %d", r.exit)
				case len(w.alive()) > 0 || r.lasted > grace:
					t.Errorf("%s after the signal %q are alive", r.lasted, w.alive())
				}
				if t.Failed() {
					t.Logf("%s\nexit %d\n%s", plan, r.exit, r.log())
				}
				w.cleanUp(r, plan)
			})
		}
	}
}

// plannedExec is a plan for exec: after the answer comes the command.
func plannedExec(number int, usual time.Duration) plan {
	p := planned(number, usual)
	p.outlive = false
	if p.mint.since == answered {
		r := rand.New(rand.NewPCG(*seed, uint64(number)+1<<32))
		p.mint.after = upTo(r, p.after+commandTakes+slowest)
	}
	return p
}
