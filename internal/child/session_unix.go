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

// session is a command on its own terminal. A helper leads the session and is the
// command's parent. If the command itself led the session, it could not be stopped:
// the kernel does not stop processes in an orphaned process group (setpgid(2)). The
// helper also restores the terminal's settings if azstep is killed.
type session struct {
	*pseudo
	name    string
	helper  *os.Process
	control control
	paused  atomic.Bool   // azstep is being stopped
	quit    *os.File      // closed when the command has ended
	typed   chan struct{} // closed when the keyboard is no longer read
}

// startSession starts the helper, which starts the command once the terminal is
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
		s.restore()
		_ = ours.Close()
		_ = helper.Process.Kill()
		_, _ = wait(helper.Process.Pid, nil)
		return nil, err
	}
	return s, nil
}

// begin makes the helper start the command, after the helper has saved the
// terminal's settings and azstep has changed them.
func (s *session) begin() error {
	if m, err := s.control.receive(); err != nil || m.kind != isReady {
		return errors.Join(errors.New("start a helper: it does not respond"), err)
	}
	watched, quit, err := os.Pipe()
	if err != nil {
		return err
	}
	s.quit, s.typed = quit, make(chan struct{})
	if s.foreground() {
		s.makeRaw()
	}
	go s.keyboard(watched)
	return s.control.send(goOn, 0)
}

// pass passes a signal on. The kernel notifies the command of a new window size.
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

// wait follows the command to its end, and stops when it stops. It waits for the
// helper from the start, because PID 1 collects orphans while it does so.
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
		return e.exit, errors.Join(err, e.err) // the helper was killed
	}
	return exit, err
}

// follow evaluates the helper's messages about the command until it ends. The exit
// code is -1 if the helper does not report how.
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

// end stops passing keystrokes to the command. The terminal stays in raw mode until
// everything that the command wrote has been shown.
func (s *session) end() {
	s.paused.Store(true)
	_ = s.quit.Close()
	// A process that the command left behind may hold the slave open without reading
	// it.
	if err := s.master.SetWriteDeadline(time.Unix(1, 0)); !errors.Is(err, os.ErrNoDeadline) {
		<-s.typed
	}
	_ = s.control.Close()
}

// shown exceeds the time for which Show may hold back the end of the output. If
// azstep stopped earlier, a held ^Z would appear after the shell's prompt.
const shown = 250 * time.Millisecond

// suspend stops azstep and its process group, as Ctrl-Z would have done, until a
// shell continues them. Without a shell, the kernel stops nothing, and the command
// continues.
func (s *session) suspend() {
	s.paused.Store(true)
	<-time.After(shown)
	s.restore()
	stopOurselves(0)
	s.resume()
}

// stopOurselves sends SIGTSTP to a process, or with 0 to azstep's process group, and
// waits until azstep is continued. The stop takes effect within microseconds; the
// pause allows for a busy machine.
func stopOurselves(pid int) {
	_ = unix.Kill(pid, unix.SIGTSTP)
	<-time.After(50 * time.Millisecond)
}

// resume continues the command, and takes over the terminal again if azstep is in
// its foreground.
func (s *session) resume() {
	if s.foreground() {
		s.makeRaw()
		s.resize()
	}
	s.paused.Store(false)
	s.send(unix.SIGCONT)
}
