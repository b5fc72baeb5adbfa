//go:build unix

package bench

import (
	"os"
	"runtime"
	"syscall"
)

// resident is the most memory that an ended process held, in bytes, or 0 where
// the system does not say.
func resident(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "linux" {
		return usage.Maxrss << 10 // getrusage(2): KiB; bytes on macOS
	}
	return usage.Maxrss
}
