// Package kills holds tests that do to the built azstep what CI hosts,
// networks and disks do: they kill it at random instants, break its connections
// in every way, and close or fill what it writes to. Then they run `azstep post`
// with what was left behind, and look into the emulator for credentials that are
// still alive.
//
// It has no code of its own.
package kills
