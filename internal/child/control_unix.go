//go:build unix

package child

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// message is one message between the caller and its helper on their socket, in two
// bytes.
type message struct {
	kind  byte
	value byte
}

// The kinds of messages. The helper reports that it is ready, that the command was
// stopped, exited, was killed, or could not be started. The caller asks it to start
// the command or to send it a signal.
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

// newControl creates the socket. Both ends are closed in child processes unless they
// are passed on explicitly.
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
