//go:build unix

package forms

import (
	"os"
	"syscall"
)

// exitCode returns the exit code that a shell and the runner derive from a process's
// end.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
