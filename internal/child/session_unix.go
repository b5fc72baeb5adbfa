//go:build unix

package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// session is a command on a terminal of its own. Its parent is a helper, the leader
// of the session, because a command that led it could not be stopped: the kernel
// stops nobody whose parent is not there to continue it (setpgid(2), orphaned
// process groups). The helper also gives the terminal its settings back if we are
// killed.
type session struct {
	*pseudo
	name    string
	helper  *os.Process
	control control
	paused  atomic.Bool   // we are being stopped
	quit    *os.File      // closed when the command has ended
	typed   chan struct{} // closed when nobody reads the keyboard any more
}

// startSession starts the helper, which starts the command when the terminal is
// ready.
func (c *Command) startSession(cmd *exec.Cmd, p *pseudo) (process, error) {
	ours, theirs, err := newControl()
	if err != nil {
		return nil, err
	}
	helper := &exec.Cmd{
		Path: c.Self[0], Args: append([]string{c.Self[1], helperWord, leads, cmd.Path}, cmd.Args...),
		Env: cmd.Env, Dir: cmd.Dir, Stdin: cmd.Stdin, Stdout: cmd.Stdout, Stderr: cmd.Stderr,
		ExtraFiles:  []*os.File{theirs.File, p.outer},
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0},
	}
	err = helper.Start()
	_ = theirs.Close()
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("start a helper: %w", err)
	}
	s := &session{pseudo: p, name: c.Args[0], helper: helper.Process, control: ours}
	if err := s.begin(); err != nil {
		s.cook()
		_ = ours.Close()
		_ = helper.Process.Kill()
		_, _ = wait(helper.Process.Pid, nil)
		return nil, err
	}
	return s, nil
}

// begin has the helper start the command once it has seen the terminal's settings
// and we have changed them.
func (s *session) begin() error {
	if m, err := s.control.receive(); err != nil || m.kind != isReady {
		return errors.Join(errors.New("start a helper: it does not answer"), err)
	}
	watched, quit, err := os.Pipe()
	if err != nil {
		return err
	}
	s.quit, s.typed = quit, make(chan struct{})
	if s.foreground() {
		s.raw()
	}
	go s.keyboard(watched)
	return s.control.send(goOn, 0)
}

// pass passes a signal on. The terminal tells the command of its size by itself.
func (s *session) pass(sig os.Signal) {
	switch sig {
	case unix.SIGWINCH:
		s.resize()
	case unix.SIGCONT:
		s.resume()
	default:
		s.send(sig)
	}
}

func (s *session) send(sig os.Signal) {
	if n, ok := sig.(syscall.Signal); ok {
		_ = s.control.send(sendSignal, int(n))
	}
}

func (s *session) terminate() { s.send(unix.SIGTERM) }
func (s *session) kill()      { s.send(unix.SIGKILL) }

// wait follows the command to its end, and stops with it. The helper is waited for
// from the beginning: PID 1 collects orphans by the way.
func (s *session) wait() (exit int, err error) {
	type end struct {
		exit int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		code, lost := wait(s.helper.Pid, nil)
		ended <- end{code, lost}
	}()
	exit, err = s.follow()
	e := <-ended
	_ = s.helper.Release()
	s.end()
	if exit < 0 {
		return e.exit, errors.Join(err, e.err) // somebody killed the helper
	}
	return exit, err
}

// follow is what the helper says of the command until it ends; -1 if it does not say
// how.
func (s *session) follow() (exit int, err error) {
	exit = -1
	for {
		m, lost := s.control.receive()
		if lost != nil {
			return exit, err
		}
		switch m.kind {
		case isStopped:
			s.suspend()
		case hasExited:
			exit = int(m.value)
		case wasKilled:
			exit = exitSignalled + int(m.value)
		case notStarted:
			err = refused(s.name, syscall.Errno(m.value))
			exit = exitOf(err)
		}
	}
}

// end takes the keyboard away from the command. The terminal stays as it is until all
// that the command wrote is shown.
func (s *session) end() {
	s.paused.Store(true)
	_ = s.quit.Close()
	// A process that the command left behind may hold the other end, and read nothing.
	if err := s.master.SetWriteDeadline(time.Unix(1, 0)); !errors.Is(err, os.ErrNoDeadline) {
		<-s.typed
	}
	_ = s.control.Close()
}

// shown is how long Show may hold back the end of what the command wrote before it was
// stopped, and a little more: a held ^Z would show after the shell's prompt.
const shown = 250 * time.Millisecond

// suspend stops us and our process group, as the keyboard's Ctrl-Z would have done.
// A shell, if one is there, continues us; else the kernel does not stop us at all,
// and the command goes on.
func (s *session) suspend() {
	s.paused.Store(true)
	<-time.After(shown)
	s.cook()
	stopOurselves(0)
	s.resume()
}

// stopOurselves sends SIGTSTP to a process or, 0, to our process group, and waits
// until we are continued. The stop takes effect within microseconds; the pause is
// for a busy machine.
func stopOurselves(pid int) {
	_ = unix.Kill(pid, unix.SIGTSTP)
	<-time.After(50 * time.Millisecond)
}

// resume continues the command, on the terminal if we are in its foreground.
func (s *session) resume() {
	if s.foreground() {
		s.raw()
		s.resize()
	}
	s.paused.Store(false)
	s.send(unix.SIGCONT)
}
