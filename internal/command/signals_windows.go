package command

import (
	"os"
	"syscall"
)

// caught lists the signals to catch: Ctrl-C and Ctrl-Break, and the end of the
// console or of the session.
func caught() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// crashes is empty: Windows has no other signals.
func crashes() []os.Signal { return nil }

// ending says that all of them end azstep, with the exit codes of Unix.
func ending(s os.Signal) (name string, exit int, ends bool) {
	if s == os.Interrupt {
		return "SIGINT", 130, true
	}
	return "SIGTERM", 143, true
}
