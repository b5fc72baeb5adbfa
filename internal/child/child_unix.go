//go:build unix

package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Forwarded lists the signals that a Command passes on: those to ask package
// signal for.
func Forwarded() []os.Signal {
	return []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2}
}

// forward passes s on. The one error of Signal is that the process has ended,
// which attend is about to be told.
func forward(p *os.Process, s os.Signal) {
	if !slices.Contains(Forwarded(), s) || s == unix.SIGINT && foreground() {
		return
	}
	_ = p.Signal(s)
}

// foreground says whether our process group, which is the command's, is the one
// that the keyboard of our terminal talks to. Then the kernel has sent SIGINT to
// the command as well (termios(3), ISIG), and a second one would be taken for
// the impatience that makes many programs quit without cleaning up. A `kill -INT`
// of ours alone looks the same, and is not passed on then either. Without a
// terminal, as in CI, there is no /dev/tty to open.
func foreground() bool {
	tty, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(tty) }()
	group, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

func terminate(p *os.Process) { _ = p.Signal(unix.SIGTERM) }

// wait waits for the process to end and returns its exit code.
func wait(p *os.Process) (int, error) {
	if os.Getpid() == 1 {
		return reap(p)
	}
	state, err := p.Wait()
	if err != nil {
		return ownFailure, fmt.Errorf("wait for the command: %w", err)
	}
	return exitCode(state.Sys().(syscall.WaitStatus)), nil
}

// reap is wait for PID 1. It collects every child that ends, the command and the
// orphans that the kernel gave us, until it has the command's status: one loop
// for both, so that none can take the status that the other waits for. Orphans
// that outlive the command are killed by the kernel when PID 1 ends
// (pid_namespaces(7)).
func reap(p *os.Process) (int, error) {
	defer func() { _ = p.Release() }()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, 0, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return ownFailure, fmt.Errorf("wait for the command: %w", err)
		}
		if pid == p.Pid {
			return exitCode(syscall.WaitStatus(status)), nil
		}
	}
}

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return exitSignalled + int(status.Signal())
	}
	return status.ExitStatus()
}

// readNow reads what the pipe holds now, without waiting and whatever deadline
// it has; 0 is nothing. The descriptor is non-blocking, as os.Pipe made it.
func readNow(f *os.File, p []byte) int {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		for n, err = unix.Read(int(fd), p); errors.Is(err, unix.EINTR); {
			n, err = unix.Read(int(fd), p)
		}
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func isPath(name string) bool { return strings.Contains(name, "/") }

func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// spellings are the names that a file may have on disk.
func spellings(file string, _ []string) []string { return []string{file} }

func cutKey(entry, key string) (string, bool) { return strings.CutPrefix(entry, key+"=") }
