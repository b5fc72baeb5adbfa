//go:build !unix

package main

// stdoutLost cannot be known here.
func stdoutLost() bool { return false }
