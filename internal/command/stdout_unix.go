//go:build unix

package command

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// stdoutLost reports whether stdout was closed before the program began. Go's
// runtime replaces a closed stdout with the null device, opened for reading and
// writing (runtime/fds_unix.go), so that a token would be lost. A shell opens the
// null device only for writing, and Python's DEVNULL usually also applies to stderr.
// If Python or Node opens it for stdout alone, it cannot be distinguished from a
// closed stdout.
func stdoutLost() bool {
	flags, err := unix.FcntlInt(os.Stdout.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return false
	}
	return isNull(os.Stdout) && !shared(os.Stdout, flags)
}

func isNull(f *os.File) bool {
	here, err := f.Stat()
	null, errNull := os.Stat(os.DevNull)
	return err == nil && errNull == nil && os.SameFile(here, null)
}

// shared reports whether stdin or stderr comes from the same open(2), so that they
// share its flags. Appending to the null device changes nothing.
func shared(f *os.File, flags int) bool {
	if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFL, flags^unix.O_APPEND); err != nil {
		return false
	}
	same := false
	for _, other := range []*os.File{os.Stdin, os.Stderr} {
		now, err := unix.FcntlInt(other.Fd(), unix.F_GETFL, 0)
		same = same || err == nil && isNull(other) && now == flags^unix.O_APPEND
	}
	_, err := unix.FcntlInt(f.Fd(), unix.F_SETFL, flags)
	return same && err == nil
}

// readerGone reports whether a write failed because nobody reads the pipe any more.
func readerGone(err error) bool { return errors.Is(err, unix.EPIPE) }
