//go:build !linux

package emulator

import "time"

// sleepExactly leaves it to the timers, which are exact here.
func sleepExactly(d time.Duration) { time.Sleep(d) }
