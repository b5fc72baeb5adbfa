//go:build unix

package kills

import (
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/creack/pty"
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
	usual := usually(t, places()[0])
	for n, p := range places()[1:] { // a uses: step cannot run a command
		for i := range instants() / 2 {
			t.Run(p.String()+" "+strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				newWorld(t, pats(), p).execKilled(i*len(places())+n, usual)
			})
		}
	}
}

// TestExecKilledOnATerminal does the same to azstep and its command on a terminal.
func TestExecKilledOnATerminal(t *testing.T) {
	t.Parallel()
	local := places()[3]
	usual := usually(t, local)
	for i := range (instants() + 3) / 4 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pats(), local)
			w.spoil = w.onTerminal
			w.execKilled(1<<20+i, usual)
		})
	}
}

func (w *world) execKilled(number int, usual time.Duration) {
	w.t.Helper()
	plan := plannedExec(number, usual)
	if w.spoil != nil && (plan.mint.name == syscall.SIGQUIT || plan.mint.name == syscall.SIGABRT) {
		plan.mint.name = syscall.SIGHUP // as of a terminal that is closed; a stack on its screen is not read
	}
	line, exit := commands(rand.New(rand.NewPCG(*seed, uint64(number)+1<<33)))
	w.fault(emulator.Fault{Path: "*/tokens/pats", Times: -1, Delay: plan.before, DelayAfter: plan.after})
	r := w.start(w.step(), plan.mint, "azstep", "exec", "--", "/bin/sh", "-c", line)
	w.spoil = nil
	killed := plan.mint.name == syscall.SIGKILL && r.exit == 128+int(syscall.SIGKILL)
	switch {
	case killed, r.quitEarly(plan.mint):
		w.settle()
	case r.exit != exit && r.exit != 128+int(plan.mint.name):
		w.t.Errorf("exit %d", r.exit)
	case len(w.alive()) > 0 || r.lasted > grace:
		w.t.Errorf("%s after the signal %q are valid", r.lasted, w.alive())
	}
	if w.t.Failed() {
		w.t.Logf("%s: %s\nexit %d\n%s", line, plan, r.exit, r.log())
	}
	w.cleanUp(r, plan)
}

// onTerminal starts azstep on its own terminal, whose screen is not read.
func (w *world) onTerminal(cmd *exec.Cmd) {
	screen, tty, err := pty.Open()
	if err != nil {
		w.t.Skip("no pseudo-terminals here: ", err)
	}
	w.t.Cleanup(func() { _, _ = screen.Close(), tty.Close() })
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	go func() { _, _ = io.Copy(io.Discard, screen) }() // ends when it is closed
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
