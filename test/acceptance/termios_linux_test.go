package acceptance

import "golang.org/x/sys/unix"

const getSettings = unix.TCGETS
