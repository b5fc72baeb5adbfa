// Package acceptance runs the built program against the emulator with the scripts in
// testdata/script, on each host, and compares action.yml with the code.
package acceptance
