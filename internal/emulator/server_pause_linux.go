package emulator

import (
	"syscall"
	"time"
)

// sleepExactly returns within a tenth of a millisecond after d. It holds a thread
// that long, so it is for the end of a pause.
func sleepExactly(d time.Duration) {
	for left := syscall.NsecToTimespec(int64(d)); left.Nano() > 0; {
		if syscall.Nanosleep(&left, &left) != syscall.EINTR { // the runtime's own signals
			return
		}
	}
}
