//go:build unix

package command

import (
	"os"
	"slices"
	"syscall"

	"github.com/azstep/azstep/internal/child"

	"golang.org/x/sys/unix"
)

// caught are the signals to catch. SIGPIPE is caught, not ignored (a child would
// inherit that), so that a closed stdout is a write error and what was minted is
// revoked.
func caught() []os.Signal { return append(child.Forwarded(), unix.SIGPIPE) }

// ending says whether a signal ends azstep: its name and the exit code, which is 128
// and its number. Besides those that ask for it, these are the ones with which Go
// would end the process at once, and leave alive what was minted.
func ending(s os.Signal) (name string, exit int, ends bool) {
	n, ok := s.(syscall.Signal)
	if !ok || !slices.Contains([]unix.Signal{
		unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGABRT,
		unix.SIGILL, unix.SIGTRAP, unix.SIGBUS, unix.SIGFPE, unix.SIGSEGV, unix.SIGSYS,
	}, n) {
		return "", 0, false
	}
	return unix.SignalName(n), 128 + int(n), true
}
