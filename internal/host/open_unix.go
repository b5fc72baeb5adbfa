//go:build unix

package host

import (
	"fmt"
	"os"
	"syscall"
)

// noWait makes open fail for a pipe without a reader, instead of waiting forever
// without reacting to signals or the deadline.
const noWait = syscall.O_NONBLOCK

// noFollow makes open fail for a symbolic link, so that others who can write to the
// directory cannot choose the file.
const noFollow = syscall.O_NOFOLLOW | noWait

// shared says how other users can access a file, or is "".
func shared(info os.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return "has an owner that azstep cannot check"
	case int(stat.Uid) != os.Geteuid():
		return "belongs to another user"
	case info.Mode().Perm()&^0o600 != 0:
		return fmt.Sprintf("has mode %04o, so others can access it", info.Mode().Perm())
	case stat.Nlink > 1:
		return "has another name (a hard link), through which others may access it"
	}
	return ""
}
