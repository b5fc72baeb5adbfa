//go:build unix

package input

import (
	"os"
	"syscall"
)

// noWait makes open return at once for a pipe that nobody writes to.
const noWait = syscall.O_NONBLOCK

// giveTo makes f belong to the owner of dir: in a container azstep is root, and
// a root-owned file in the workspace would stop the runner's own clean-up.
func giveTo(f *os.File, dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return f.Chown(int(owner.Uid), int(owner.Gid))
}
