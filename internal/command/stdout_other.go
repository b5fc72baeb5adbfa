//go:build !unix

package command

// stdoutLost cannot be detected here.
func stdoutLost() bool { return false }
