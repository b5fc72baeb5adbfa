package child

import (
	"os"

	"golang.org/x/sys/unix"
)

// widen enlarges a pipe's buffer to its maximum, so that a command that writes a lot
// waits less often. If that is not permitted, the buffer stays as it is.
func widen(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeMax) })
	}
}
