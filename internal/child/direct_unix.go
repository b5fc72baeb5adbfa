//go:build unix

package child

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// direct is a command in our own process group, or in none that anybody cares of.
type direct struct {
	p       *os.Process
	screen  *pseudo  // for its stdout or stderr, or nil
	witness *witness // nil where no keyboard can send a signal

	stops   chan os.Signal // SIGTSTP
	passing chan struct{}  // closed when nobody listens to stops any more
	asked   atomic.Bool    // to stop, and the command has not done so yet
}

// start starts the command, on a terminal of its own where it has one.
func (c *Command) start(cmd *exec.Cmd, p *pseudo) (process, error) {
	if p != nil && p.session {
		return c.startSession(cmd, p)
	}
	d := &direct{screen: p}
	if c.Signals != nil {
		d.witness = c.newWitness()
	}
	if err := cmd.Start(); err != nil {
		d.witness.close()
		return nil, err
	}
	d.p = cmd.Process
	if c.Signals != nil {
		d.listen()
	}
	return d, nil
}

// pass passes a signal on, unless the kernel has sent it to the command as well: a
// second SIGINT would be taken for the impatience that makes many programs quit
// without cleaning up.
func (d *direct) pass(s os.Signal) {
	if s == unix.SIGWINCH {
		d.screen.resize()
	}
	if !d.witness.saw(s) {
		_ = d.p.Signal(s)
	}
}

func (d *direct) terminate() { _ = d.p.Signal(unix.SIGTERM) }
func (d *direct) kill()      { _ = d.p.Kill() }

// listen catches SIGTSTP, which would stop us before the command had a say.
func (d *direct) listen() {
	d.stops, d.passing = make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(d.stops, unix.SIGTSTP)
	go func() {
		defer close(d.passing)
		for s := range d.stops {
			d.asked.Store(true)
			d.pass(s)
		}
	}()
}

// wait waits for the end. When the command does stop after SIGTSTP, so do we, and
// when we are continued, so is the command.
func (d *direct) wait() (int, error) {
	exit, err := wait(d.p.Pid, func() {
		if d.stops != nil && d.asked.Swap(false) {
			signal.Stop(d.stops)
			stopOurselves(os.Getpid())
			signal.Notify(d.stops, unix.SIGTSTP)
			_ = d.p.Signal(unix.SIGCONT)
		}
	})
	_ = d.p.Release()
	if d.stops != nil {
		signal.Stop(d.stops)
		close(d.stops)
		<-d.passing
	}
	d.witness.close()
	return exit, err
}

// wait waits for a process to end and returns its exit code; stopped, if not nil, is
// called each time it is stopped.
//
// PID 1 collects every child that ends, the command and the orphans that the
// kernel gave us, until it has the command's status: one loop for both, so that none
// can take the status that the other waits for. Orphans that outlive the command are
// killed by the kernel when PID 1 ends (pid_namespaces(7)).
func wait(pid int, stopped func()) (int, error) {
	whom, options := pid, 0
	if os.Getpid() == 1 {
		whom = -1
	}
	if stopped != nil {
		options = unix.WUNTRACED
	}
	for {
		var status unix.WaitStatus
		got, err := unix.Wait4(whom, &status, options, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return ownFailure, waitFailed(err)
		case got != pid:
		case status.Stopped():
			stopped()
		default:
			return exitCode(syscall.WaitStatus(status)), nil
		}
	}
}
