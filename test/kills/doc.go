// Package kills tests the built azstep under what CI hosts, networks and disks do to
// it: it is killed at random times, its connections break in every way, and the
// files that it writes to are closed or full. Then the tests run `azstep post` with
// what was left behind, and check in the emulator that no credential is still valid.
//
// It contains only tests.
package kills
