//go:build unix

package child

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// message is what the caller and its helper tell each other over a socket: two
// bytes.
type message struct {
	kind  byte
	value byte
}

// From the helper: it is ready; the command was stopped; it ended by itself, or by
// a signal; it could not be started. To the helper: start the command; send it a
// signal.
const (
	isReady    = 'r'
	isStopped  = 's'
	hasExited  = 'e'
	wasKilled  = 'k'
	notStarted = 'f'
	goOn       = 'g'
	sendSignal = 'S'
)

// control is one end of the socket.
type control struct{ *os.File }

// newControl makes the socket. What is not handed to a helper by name is closed in
// it.
func newControl() (ours, theirs control, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return ours, theirs, os.NewSyscallError("socketpair", err)
	}
	for _, fd := range pair {
		unix.CloseOnExec(fd)
	}
	return control{os.NewFile(uintptr(pair[0]), "control")}, control{os.NewFile(uintptr(pair[1]), "control")}, nil
}

func (c control) send(kind byte, value int) error {
	_, err := c.Write([]byte{kind, byte(value)}) // signals, exit codes and error numbers fit
	return err
}

func (c control) receive() (m message, err error) {
	var b [2]byte
	_, err = io.ReadFull(c, b[:])
	return message{b[0], b[1]}, err
}
