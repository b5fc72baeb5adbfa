//go:build !unix

package main

import (
	"io"
	"os"
)

// stdout is the process's own.
func stdout() io.Writer { return os.Stdout }
