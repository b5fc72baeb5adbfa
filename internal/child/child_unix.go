//go:build unix

package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func waitFailed(err error) error { return fmt.Errorf("wait for the command: %w", err) }

// isHangUp: on Linux, reading a terminal whose other end is closed is an error.
func isHangUp(err error) bool { return errors.Is(err, unix.EIO) }

func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return exitSignalled + int(status.Signal())
	}
	return status.ExitStatus()
}

// readNow reads what the pipe currently contains, without waiting and whatever its
// deadline is; 0 means that it is empty. The descriptor is non-blocking, because
// os.Pipe made it.
func readNow(f *os.File, p []byte) int {
	raw, err := f.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	err = raw.Control(func(fd uintptr) {
		for n, err = unix.Read(int(fd), p); errors.Is(err, unix.EINTR); {
			n, err = unix.Read(int(fd), p)
		}
	})
	if err != nil {
		return 0
	}
	return max(n, 0)
}

func isPath(name string) bool { return strings.Contains(name, "/") }

// mayExecute asks the kernel, because only the kernel knows about file systems that
// are mounted with noexec.
func mayExecute(path string, info fs.FileInfo) error {
	if info.IsDir() {
		return unix.EACCES
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
}

func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// spellings are the names that a file may have on disk.
func spellings(file string, _ []string) []string { return []string{file} }

func cutKey(entry, key string) (string, bool) { return strings.CutPrefix(entry, key+"=") }
