//go:build unix

package child

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Forwarded lists the signals that a Command passes on, to ask package signal for:
// all that can be caught, but for SIGCHLD, SIGPIPE and SIGURG, which are about the
// caller's own children, streams and threads, SIGPROF, which is the profiler's, and
// those that stop a process, which Run takes care of.
func Forwarded() []os.Signal {
	kept := []unix.Signal{unix.SIGKILL, unix.SIGSTOP, unix.SIGCHLD, unix.SIGPIPE, unix.SIGURG, unix.SIGPROF, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU}
	var all []os.Signal
	for n := unix.Signal(1); n <= lastSignal; n++ {
		if !slices.Contains(kept, n) && !isLibrarys(n) {
			all = append(all, n)
		}
	}
	return all
}

// isLibrarys reports whether the C library keeps a real-time signal for itself.
func isLibrarys(n unix.Signal) bool { return n >= 32 && n <= 34 }
