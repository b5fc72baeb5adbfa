package child

import (
	"io"
	"os"
	"sync/atomic"
)

// Terminal says which of the caller's streams are a terminal. The command's are one
// then, too: a pseudo-terminal, of which Show reads what the command writes. All
// other streams stay what they are.
//
// Where both Stdin and Stdout are terminals, the pseudo-terminal is the command's
// controlling terminal, in a session of its own: what is typed passes through, the
// size follows the caller's terminal, which is in raw mode meanwhile, and a command
// that is stopped stops the caller. Else the command shares the caller's terminal
// and process group, as it would have done without us, because in a pipeline others
// may read the keyboard.
type Terminal struct {
	Stdin, Stdout, Stderr *os.File // nil where it is not a terminal
	Show                  func(io.Reader) error

	raw atomic.Bool
}

// Raw reports whether the terminal is in raw mode now, in which a line that is
// written to it has to end with CR LF.
func (t *Terminal) Raw() bool { return t != nil && t.raw.Load() }
