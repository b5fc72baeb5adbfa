package command

import "golang.org/x/sys/unix"

// keepMemory protects the process from others of the same user: they can neither
// read /proc/PID/environ and mem nor attach to it, and no core dump is written
// (prctl(2), PR_SET_DUMPABLE). Programs that azstep starts are not affected
// (execve(2)). If the kernel refuses, nothing changes.
func keepMemory() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0) }
