//go:build unix && !linux

package child

// lastSignal is the last one without real-time signals.
const lastSignal = 31
