//go:build unix

package command

import (
	"os"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// caught lists the signals to catch before anything is written. SIGPIPE is caught and
// not ignored (a child would inherit that), so that a closed stdout is a write error
// and what was minted is revoked.
func caught() []os.Signal {
	return []os.Signal{unix.SIGPIPE, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGABRT}
}

// crashes lists the other signals with which Go would exit immediately and leave
// minted credentials valid. They are caught later, while azstep connects. Go ignores
// all signals that are not listed.
func crashes() []os.Signal {
	all := []os.Signal{unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS}
	if runtime.GOOS == "linux" {
		all = append(all, stackFault)
	}
	return all
}

// stackFault is SIGSTKFLT, which exists on Linux alone.
const stackFault = syscall.Signal(16)

// ending reports whether a signal ends azstep, with its name and the exit code, 128
// plus its number.
func ending(s os.Signal) (name string, exit int, ends bool) {
	n, ok := s.(syscall.Signal)
	if !ok || n == unix.SIGPIPE || !slices.Contains(slices.Concat(caught(), crashes()), s) {
		return "", 0, false
	}
	return unix.SignalName(n), 128 + int(n), true
}
