//go:build !linux

package emulator

import "time"

// sleepExactly uses a timer, which is exact on these systems.
func sleepExactly(d time.Duration) { time.Sleep(d) }
