//go:build unix

package input

import (
	"os"
	"syscall"
)

// noWait makes open return immediately for a pipe without a writer.
const noWait = syscall.O_NONBLOCK

// giveTo gives f to the owner of dir. In a container azstep runs as root, and a
// root-owned file in the workspace would break the runner's own cleanup.
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
