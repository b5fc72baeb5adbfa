// Package acceptance runs the built program against the emulator by the scripts
// in testdata/script, as each host would, and compares action.yml with the code.
package acceptance
