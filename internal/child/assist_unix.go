//go:build unix

package child

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A helper is this program with helperWord as its first argument and the helper's
// role as the second. A user who types these words achieves nothing, because a
// helper only talks to the process that started it.
const (
	helperWord = "exec-helper"
	leads      = "session"
	witnesses  = "witness"
)

// Assist does the work of a helper, if this process was started as one, and returns
// its exit code. Every program that gives [Command.Self] calls it first. environ is the
// environment of the process, which is the command's.
func Assist(args []string, environ func() []string) (exit int, ok bool) {
	if len(args) < 3 || args[1] != helperWord {
		return 0, false
	}
	switch {
	case args[2] == leads && len(args) > 4:
		return lead(args[3], args[4:], environ()), true
	case args[2] == witnesses:
		witnessed()
		return 0, true
	}
	return 0, false
}

// barrier is a signal that a witness sends to itself, to know that all earlier ones
// have been delivered: it is SIGSYS on Linux and SIGUSR2 elsewhere. The kernel
// delivers pending signals in ascending order, and no signal that is counted has a
// higher number.
const barrier = unix.Signal(31)

// witnessed answers each byte on stdin with the number of signals received so far.
func witnessed() {
	got := make(chan os.Signal, 256)
	signal.Notify(got, append(Forwarded(), unix.SIGTSTP, barrier)...)
	var now counts
	for question := make([]byte, 1); ; {
		if n, err := os.Stdin.Read(question); n == 0 || err != nil {
			return
		}
		_ = unix.Kill(os.Getpid(), barrier)
		for s := range got {
			if s == barrier {
				break
			}
			for i, key := range keys() {
				if s == key {
					now[i]++
				}
			}
		}
		if _, err := os.Stdout.Write(now[:]); err != nil {
			return
		}
	}
}

// leader is the helper that leads the command's session.
type leader struct {
	caller  control
	outer   int // the caller's terminal
	before  *term.State
	command *os.Process
}

// lead starts the command in its own process group, in the foreground of the
// terminal that is this process's stdin, and tells the caller when the command ends.
func lead(path string, args, env []string) int {
	l := &leader{caller: control{os.NewFile(3, "control")}, outer: 4}
	for _, fd := range []int{3, 4} {
		unix.CloseOnExec(fd)
	}
	got := make(chan os.Signal, 16)
	signal.Notify(got, append(Forwarded(), unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)...)
	l.before, _ = term.GetState(l.outer)
	if l.caller.send(isReady, 0) != nil {
		return ownFailure
	}
	if m, err := l.caller.receive(); err != nil || m.kind != goOn {
		return ownFailure
	}
	p, err := os.StartProcess(path, args, &os.ProcAttr{ //nolint:gosec // to start the user's command is what it is for
		Env: env, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
		Sys: &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0},
	})
	if err != nil {
		var number syscall.Errno
		errors.As(err, &number)
		_ = l.caller.send(notStarted, int(number))
		return ownFailure
	}
	l.command = p
	go l.relay(got)
	gone, ended := make(chan struct{}), make(chan int, 1)
	go func() { defer close(gone); l.obey() }()
	go func() { ended <- l.follow(gone) }()
	select {
	case exit := <-ended:
		return exit
	case <-gone:
		return ownFailure // the kernel then sends the command SIGHUP
	}
}

// obey sends the command the signals that the caller asks for. When the caller is
// gone, obey restores the settings of the caller's terminal.
func (l *leader) obey() {
	for {
		m, err := l.caller.receive()
		if err != nil {
			if l.before != nil {
				_ = term.Restore(l.outer, l.before)
			}
			return
		}
		whom := l.command.Pid
		if unix.Signal(m.value) == unix.SIGCONT {
			whom = -whom // Ctrl-Z stopped the whole group
		}
		_ = unix.Kill(whom, unix.Signal(m.value))
	}
}

// relay passes signals sent to this process, the command's parent, on to the caller.
// It drops those that come from the terminal or concern it: the caller has its own.
func (l *leader) relay(got <-chan os.Signal) {
	for s := range got {
		switch n, ok := s.(syscall.Signal); {
		case !ok, n == unix.SIGWINCH, n == unix.SIGCONT, n == unix.SIGTSTP, n == unix.SIGTTIN, n == unix.SIGTTOU:
		default:
			_ = unix.Kill(os.Getppid(), n)
		}
	}
}

// follow tells the caller each time the command stops, and finally how it ended. A
// caller that was killed took the command with it; then follow waits until obey has
// restored the terminal's settings.
func (l *leader) follow(gone <-chan struct{}) int {
	tell := func(kind byte, value int) int {
		if l.caller.send(kind, value) != nil {
			<-gone
			return ownFailure
		}
		return 0
	}
	for {
		var status unix.WaitStatus
		_, err := unix.Wait4(l.command.Pid, &status, unix.WUNTRACED, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return ownFailure
		case status.Stopped():
			_ = l.caller.send(isStopped, int(status.StopSignal()))
		case status.Signaled():
			return tell(wasKilled, int(status.Signal()))
		default:
			return tell(hasExited, status.ExitStatus())
		}
	}
}
