package child

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen lets a pipe hold as much as it can, so that a command that writes a lot
// waits for us less often. Where that is not permitted the pipe stays as it is.
func widen(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeMax) })
	}
}
