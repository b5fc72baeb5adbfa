//go:build unix

package host

import "syscall"

// noFollow makes open fail on a symbolic link, so that nobody who can write to
// the directory chooses the file, and not wait for the reader of a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
