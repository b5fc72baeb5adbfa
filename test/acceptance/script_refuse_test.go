//go:build unix

package acceptance

import (
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// These commands run the program with something that it must reject, and check how
// it does so.

// refusal VALUE CODE HINT makes the PAT service refuse with that patTokenError, once
// with a status of success and once with an error status, and checks the code and a
// hint that says who can change what.
func (w *world) refusal(ts *testscript.TestScript, _ bool, args []string) {
	for _, status := range []string{"200", "400"} {
		w.fault(ts, false, []string{`{"kind": "pat-error", "status": ` + status + `, "body": "` + args[0] + `"}`})
		w.azstep(ts, true, []string{"mint-pat"})
		w.error(ts, false, []string{args[1], "1", regexp.QuoteMeta(args[0])})
		w.hint(ts, false, args[2:])
		w.requests(ts, false, []string{"1"})
		w.pats(ts, false, []string{"active", "0"})
	}
}

// suspect NAME VALUE sets a variable on a laptop for one run, which must end before
// anything is sent, with a hint on how to name the host.
func (w *world) suspect(ts *testscript.TestScript, _ bool, args []string) {
	w.set(ts, false, args)
	w.azstep(ts, true, []string{"mint-pat"})
	w.unset(ts, false, args[:1])
	if w.last.exit != 2 || len(w.last.stdout) > 0 {
		ts.Fatalf("%s: exit code %d", args[0], w.last.exit)
	}
	w.annotation(ts, false, []string{"error", regexp.QuoteMeta(args[0])})
	w.hint(ts, false, []string{"AZSTEP_HOST"})
	w.hint(ts, false, []string{"-e TF_BUILD"})
	w.requests(ts, false, []string{"0"})
	w.connections(ts, false, []string{"0"})
}

// refuse-export NAME checks that the input export-env rejects a name.
func (w *world) refuseExport(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"export-env", args[0]})
	w.azstep(ts, true, []string{"mint-pat"})
	w.error(ts, false, []string{"invalid-input", "2", "export-env"})
	w.requests(ts, false, []string{"0"})
}

// refuse-team NAME RULE checks that a team name is rejected because of a rule.
func (w *world) refuseTeam(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"team", args[0]})
	w.azstep(ts, true, []string{"ensure-team"})
	w.error(ts, false, []string{"invalid-input", "2", "team"})
	w.hint(ts, false, args[1:])
	w.requests(ts, false, []string{"0"})
}

// refuse-ca VALUE checks that a file without roots, or one that must not be read, is
// rejected.
func (w *world) refuseCA(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"ca-file", args[0]})
	w.azstep(ts, true, []string{"mint-pat"})
	w.error(ts, false, []string{"invalid-input", "2", "ca-file"})
	w.requests(ts, false, []string{"0"})
}

// refuse-roles VALUE checks that an invalid list of roles is rejected.
func (w *world) refuseRoles(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"roles", args[0]})
	w.azstep(ts, true, []string{"mint-iot-token"})
	w.error(ts, false, []string{"invalid-input", "2", "roles"})
	w.requests(ts, false, []string{"0"})
}

// refuse-check NAME VALUE checks that check-permissions rejects an input.
func (w *world) refuseCheck(ts *testscript.TestScript, _ bool, args []string) {
	before, given := w.inputs[args[0]]
	w.input(ts, false, args)
	w.azstep(ts, true, []string{"check-permissions"})
	w.error(ts, false, []string{"invalid-input", "2", args[0]})
	w.requests(ts, false, []string{"0"})
	if delete(w.inputs, args[0]); given {
		w.inputs[args[0]] = before
	}
}

// refuse-policy FILE REGEXP checks that an invalid policy is rejected, given as a
// path and as text.
func (w *world) refusePolicy(ts *testscript.TestScript, _ bool, args []string) {
	for _, value := range []string{args[0], "@" + args[0]} {
		w.input(ts, false, []string{"policy", value})
		w.azstep(ts, true, []string{"check-permissions"})
		w.error(ts, false, []string{"invalid-input", "2", args[1]})
		w.requests(ts, false, []string{"0"})
	}
}
