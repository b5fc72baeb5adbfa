//go:build unix

package host

import "syscall"

// noWait makes open fail on a pipe that nobody reads, rather than wait for ever
// where no signal and no deadline is heard.
const noWait = syscall.O_NONBLOCK

// noFollow makes open fail on a symbolic link, so that nobody who can write to
// the directory chooses the file.
const noFollow = syscall.O_NOFOLLOW | noWait
