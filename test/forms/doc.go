// Package forms tests azstep in the forms in which it is distributed: the action
// that Node starts, with Node 20, 22 and 24 and the double of GitHub's runner, and
// the Windows program under Wine.
//
// `make nodes` installs the versions of Node. Without them the tests use the node in
// PATH; if there is none, they are skipped, or fail with AZSTEP_NODES=required.
// AZSTEP_WINDOWS_RUN names a command that runs Windows programs on this machine.
package forms
