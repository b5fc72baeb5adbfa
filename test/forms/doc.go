// Package forms tests azstep in the forms in which it arrives: the action that Node
// starts, by Node 20, 22 and 24 as the double of GitHub's runner drives them, and the
// program for Windows under Wine.
//
// `make nodes` installs the versions of Node. Without them the tests use the node of
// the PATH alone, and are skipped where there is none; with AZSTEP_NODES=required
// that is a failure. AZSTEP_WINDOWS_RUN names a command that runs a program for
// Windows on this machine.
package forms
