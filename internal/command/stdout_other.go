//go:build !unix

package command

// stdoutLost cannot be known here.
func stdoutLost() bool { return false }
