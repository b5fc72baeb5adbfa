//go:build unix

package forms

import (
	"os"
	"syscall"
)

// exitCode is what a shell, and the runner, take a process's end for.
func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}
