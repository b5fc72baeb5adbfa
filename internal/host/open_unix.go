//go:build unix

package host

import (
	"fmt"
	"os"
	"syscall"
)

// noWait makes open fail on a pipe that nobody reads, rather than wait for ever
// where no signal and no deadline is heard.
const noWait = syscall.O_NONBLOCK

// noFollow makes open fail on a symbolic link, so that nobody who can write to
// the directory chooses the file.
const noFollow = syscall.O_NOFOLLOW | noWait

// shared says how others than the user can get at a file, or is empty.
func shared(info os.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "cannot be checked for its owner"
	case int(stat.Uid) != os.Geteuid():
		return "belongs to another user"
	case info.Mode().Perm()&^0o600 != 0:
		return fmt.Sprintf("has mode %04o, so that others can get at it", info.Mode().Perm())
	case stat.Nlink > 1:
		return "has another name (a hard link), by which others may get at it"
	}
	return ""
}
