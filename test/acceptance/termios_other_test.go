//go:build unix && !linux

package acceptance

import "golang.org/x/sys/unix"

const getSettings = unix.TIOCGETA
