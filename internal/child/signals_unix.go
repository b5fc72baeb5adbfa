//go:build unix

package child

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Forwarded lists the signals to request from package signal and to pass on: all
// that can be caught, except SIGCHLD, SIGPIPE and SIGURG, which concern the caller's
// own children, streams and threads, SIGPROF, which the profiler uses, and those
// that stop a process, which Run handles.
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
