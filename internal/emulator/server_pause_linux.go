package emulator

import (
	"syscall"
	"time"
)

// sleepExactly returns within a tenth of a millisecond after d. It blocks a thread,
// so it is only for the end of a pause.
func sleepExactly(d time.Duration) {
	for left := syscall.NsecToTimespec(int64(d)); left.Nano() > 0; {
		if syscall.Nanosleep(&left, &left) != syscall.EINTR { // interrupted by the runtime's signals
			return
		}
	}
}
