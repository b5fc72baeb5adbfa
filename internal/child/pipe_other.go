//go:build !linux

package child

import "os"

// widen does nothing: only Linux lets a process choose the size of a pipe's buffer.
func widen(*os.File) {}
