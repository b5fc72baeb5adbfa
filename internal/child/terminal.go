package child

import (
	"io"
	"os"
	"sync/atomic"
)

// Terminal says which of the caller's streams are a terminal. The command gets a
// pseudo-terminal for these streams, and Show reads what it writes there. Other
// streams are passed on as they are.
//
// If both Stdin and Stdout are terminals, the pseudo-terminal becomes the command's
// controlling terminal, in its own session: keystrokes are passed on, the size
// follows the caller's terminal, which is in raw mode meanwhile, and a command that
// is stopped also stops the caller. Otherwise the command shares the caller's
// terminal and process group, because other commands of a pipeline may read the
// keyboard.
type Terminal struct {
	Stdin, Stdout, Stderr *os.File // nil if the stream is not a terminal
	Show                  func(io.Reader) error

	raw atomic.Bool
}

// Raw reports whether the terminal is in raw mode, in which each line must end with
// CR LF.
func (t *Terminal) Raw() bool { return t != nil && t.raw.Load() }
