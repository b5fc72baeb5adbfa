//go:build unix

package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// stdout is the process's own, or one that refuses every write where it was
// closed before the program began. Go's runtime opens the null device in the
// place of a closed one, for reading and writing (runtime/fds_unix.go), so that a
// token would be delivered to nobody.
func stdout() io.Writer {
	flags, err := unix.FcntlInt(os.Stdout.Fd(), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != unix.O_RDWR {
		return os.Stdout
	}
	here, err := os.Stdout.Stat()
	null, errNull := os.Stat(os.DevNull)
	if err != nil || errNull != nil || !os.SameFile(here, null) {
		return os.Stdout
	}
	return closed{}
}

type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("stdout is closed") }
