//go:build unix

package command

import (
	"os"
	"slices"
	"syscall"

	"github.com/azstep/azstep/internal/child"

	"golang.org/x/sys/unix"
)

// caught lists the signals to catch. SIGPIPE is caught and not ignored (a child
// would inherit that), so that a closed stdout is a write error and what was minted
// is revoked.
func caught() []os.Signal { return append(child.Forwarded(), unix.SIGPIPE) }

// ending reports whether a signal ends azstep, with its name and the exit code, 128
// plus its number. These are the signals that ask a process to end, and those with
// which Go would exit immediately and leave minted credentials valid.
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
