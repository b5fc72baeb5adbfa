//go:build unix && !linux

package child

// lastSignal is the last signal; real-time signals do not exist here.
const lastSignal = 31
