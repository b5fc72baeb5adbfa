//go:build unix

package command

import (
	"os"

	"golang.org/x/sys/unix"
)

// stdoutLost says whether stdout was closed before the program began. Go's
// runtime opens the null device in the place of a closed one, for reading and
// writing (runtime/fds_unix.go), so that a token would reach nobody. A shell opens
// it for writing alone, and Python's DEVNULL is most often stderr's, too. A lone
// one of Python's or Node's cannot be told from a closed stdout.
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

// shared says whether stdin or stderr was opened by the same open(2), whose flags
// they then share. To append to the null device changes nothing.
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
