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

// direct is a command without its own session: it shares the caller's process group.
type direct struct {
	p       *os.Process
	screen  *pseudo  // for the command's stdout or stderr; may be nil
	witness *witness // nil if no keyboard can send signals

	stops   chan os.Signal // SIGTSTP
	passing chan struct{}  // closed when stops is no longer read
	asked   atomic.Bool    // the command was asked to stop and has not stopped yet
}

// start starts the command, on its own terminal if it has one.
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

// pass passes a signal on, unless the kernel has already sent it to the command as
// well: many programs take a second SIGINT as a request to quit without cleaning up.
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

// listen catches SIGTSTP, which would otherwise stop azstep before the command could
// react.
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

// wait waits for the end. If the command stops after SIGTSTP, azstep stops, too, and
// continues the command when it is itself continued.
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

// wait waits for a process to end and returns its exit code. It calls stopped, if
// not nil, each time the process is stopped.
//
// PID 1 collects every child that ends, including the orphans that the kernel
// assigns to it, until it has the command's status. A single loop does both, because
// a second one could take the status that the first waits for. The kernel kills
// orphans that outlive the command when PID 1 ends (pid_namespaces(7)).
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
