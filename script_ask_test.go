package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
)

// expect fails the script unless the text matches, or with not, if it does.
func expect(ts *testscript.TestScript, not bool, what, text, pattern string) {
	matched, err := regexp.MatchString(`(?m)`+pattern, text)
	ts.Check(err)
	if matched == not {
		ts.Fatalf("%s: match for %q is %v:\n%s", what, pattern, matched, text)
	}
}

// output NAME [REGEXP] asks for an output of the last run, whole; ! output NAME
// says that there is none. Names are in kebab case on every host.
func (w *world) output(ts *testscript.TestScript, not bool, args []string) {
	value, ok := w.last.get(args[0])
	switch {
	case len(args) == 1 || !ok:
		if ok == not || len(args) > 1 {
			ts.Fatalf("output %s: %v, among %q", args[0], ok, slices.Sorted(maps.Keys(w.last.outputs)))
		}
	default:
		expect(ts, not, "output "+args[0], value, `\A(?:`+args[1]+`)\z`)
	}
}

// outputs NAME... are all outputs that the last run has, and no others.
func (w *world) outputs(ts *testscript.TestScript, _ bool, args []string) {
	want := slices.Clone(args)
	for i := range want {
		if w.host == hostAzure || w.host == hostLocal {
			want[i] = camel(want[i])
		}
	}
	if got := slices.Sorted(maps.Keys(w.last.outputs)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		ts.Fatalf("outputs %q", got)
	}
}

// error CODE EXIT [REGEXP] is how the last run failed: the output error, the
// code of the annotation, the exit code, and the error line.
func (w *world) error(ts *testscript.TestScript, _ bool, args []string) {
	if code, _ := w.last.get("error"); code != args[0] {
		ts.Fatalf("output error is %q", code)
	}
	if exit := number(ts, args[1]); w.last.exit != exit {
		ts.Fatalf("exit code %d", w.last.exit)
	}
	for _, n := range w.last.seen.notes {
		if n.level == "error" && n.code != args[0] && w.host != hostLocal {
			ts.Fatalf("the annotation's code is %q", n.code)
		}
	}
	if len(args) > 2 {
		w.annotation(ts, false, []string{"error", args[2]})
	}
}

// annotation LEVEL REGEXP asks for an error or warning of the last run.
func (w *world) annotation(ts *testscript.TestScript, not bool, args []string) {
	var texts []string
	for _, n := range w.last.seen.notes {
		if n.level == args[0] {
			texts = append(texts, n.text)
		}
	}
	expect(ts, not, args[0]+" lines", strings.Join(texts, "\n"), args[1])
}

// log REGEXP asks for what a reader of the log sees.
func (w *world) log(ts *testscript.TestScript, not bool, args []string) {
	expect(ts, not, "log", strings.Join(w.last.seen.log, "\n"), args[0])
}

// hint REGEXP asks for a line of advice.
func (w *world) hint(ts *testscript.TestScript, not bool, args []string) {
	expect(ts, not, "hints", strings.Join(w.last.hints(), "\n"), args[0])
}

// summary REGEXP asks for the job's page, or the log where there is none.
func (w *world) summary(ts *testscript.TestScript, not bool, args []string) {
	text := string(w.last.summary)
	if w.host == hostLocal {
		text = string(w.last.stderr)
	}
	expect(ts, not, "summary", text, args[0])
}

// requests N [METHOD [PATH]] counts what the last run asked the emulator;
// * in a path is any text.
func (w *world) requests(ts *testscript.TestScript, _ bool, args []string) {
	method, path := "*", "*"
	if len(args) > 1 {
		method = args[1]
	}
	if len(args) > 2 {
		path = args[2]
	}
	matches := regexp.MustCompile(`^(?i)` + strings.ReplaceAll(regexp.QuoteMeta(method+" "+path), `\*`, ".*") + `$`)
	n := 0
	for _, r := range w.last.requests {
		if matches.MatchString(r.Method + " " + r.Path) {
			n++
		}
	}
	if n != number(ts, args[0]) {
		ts.Fatalf("%d requests of:\n%s", n, describe(w.last))
	}
}

func describe(r *result) string {
	var b strings.Builder
	for _, q := range r.requests {
		fmt.Fprintf(&b, "%s %s?%s -> %d (%s) %s\n", q.Method, q.Path, q.Query, q.Status, q.Credential, q.Fault)
	}
	return b.String()
}

// connections N counts the connections that the last run made.
func (w *world) connections(ts *testscript.TestScript, _ bool, args []string) {
	if w.last.connections != number(ts, args[0]) {
		ts.Fatalf("%d connections", w.last.connections)
	}
}

// pats STATE N counts the PATs that azstep minted.
func (w *world) pats(ts *testscript.TestScript, _ bool, args []string) {
	var names []string
	for _, p := range w.server.PATs() {
		if p.State == args[0] && strings.Contains(p.DisplayName, "[azstep:") {
			names = append(names, p.DisplayName)
		}
	}
	if len(names) != number(ts, args[1]) {
		ts.Fatalf("%s PATs: %q", args[0], names)
	}
}

// teams N PROJECT NAME counts a project's teams of that name.
func (w *world) teams(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, t := range w.server.Teams() {
		if t.Project == args[1] && t.Name == args[2] {
			n++
		}
	}
	if n != number(ts, args[0]) {
		ts.Fatalf("%d teams: %v", n, w.server.Teams())
	}
}

// leased N counts the leases of the job that are open: what post would release.
func (w *world) leased(ts *testscript.TestScript, _ bool, args []string) {
	open := 0
	for _, text := range w.leases(ts) {
		var entry struct{ State string }
		ts.Check(json.Unmarshal([]byte(text), &entry))
		if entry.State == "" {
			open++
		}
	}
	if open != number(ts, args[0]) {
		ts.Fatalf("%d open leases of %q", open, w.leases(ts))
	}
}

// leases are the records of the job, the last of each name.
func (w *world) leases(ts *testscript.TestScript) map[string]string {
	all := map[string]string{}
	if w.host == hostLocal {
		text, err := os.ReadFile(w.last.given["AZSTEP_STATE_FILE"])
		if !errors.Is(err, fs.ErrNotExist) {
			ts.Check(err)
		}
		for line := range strings.Lines(string(text)) {
			var entry struct{ Key, Value string }
			ts.Check(json.Unmarshal([]byte(line), &entry))
			all[entry.Key] = entry.Value
		}
		return all
	}
	for _, step := range w.steps {
		for _, from := range []map[string]string{step.state, step.exported} {
			for name, value := range from {
				if strings.HasPrefix(name, "AZSTEP_LEASE_") {
					all[name] = value
				}
			}
		}
	}
	return all
}

// exported NAME asks whether later steps get the variable with the token.
func (w *world) exported(ts *testscript.TestScript, not bool, args []string) {
	value, ok := w.last.exported[args[0]]
	token, _ := w.last.get("token")
	if (ok && value == token && slices.Contains(w.last.secretVariables, args[0])) == not {
		ts.Fatalf("variable %s: %v", args[0], ok)
	}
}

// refusal VALUE CODE HINT has the PAT service refuse with that patTokenError,
// once with a status of success and once with none, and asks for the code and a
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

// suspect NAME VALUE sets a variable of the laptop for one run, which must end
// before anything is sent, with a word on how to name the host.
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

// exports NAME asks whether later steps get the token under that name, on hosts
// that have later steps.
func (w *world) exports(ts *testscript.TestScript, _ bool, args []string) {
	w.exported(ts, w.host == hostLocal, args)
}

// refuse-export NAME gives an input export-env that nobody may give.
func (w *world) refuseExport(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"export-env", args[0]})
	w.azstep(ts, true, []string{"mint-pat"})
	w.error(ts, false, []string{"invalid-input", "2", "export-env"})
	w.requests(ts, false, []string{"0"})
}

// exits CODE is the exit code of the last run.
func (w *world) exits(ts *testscript.TestScript, _ bool, args []string) {
	if w.last.exit != number(ts, args[0]) {
		ts.Fatalf("exit code %d", w.last.exit)
	}
}

// lease FIELD REGEXP asks for a field of the newest lease of the job.
func (w *world) lease(ts *testscript.TestScript, not bool, args []string) {
	last := w.steps[len(w.steps)-1]
	for _, text := range last.state {
		var value any
		ts.Check(json.Unmarshal([]byte(text), &value))
		for part := range strings.SplitSeq(args[0], ".") {
			object, _ := value.(map[string]any)
			value = object[part]
		}
		expect(ts, not, "lease "+args[0], fmt.Sprint(value), `\A(?:`+args[1]+`)\z`)
		return
	}
	ts.Fatalf("no lease")
}

// refuse-team NAME RULE gives a name that no team can have.
func (w *world) refuseTeam(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"team", args[0]})
	w.azstep(ts, true, []string{"ensure-team"})
	w.error(ts, false, []string{"invalid-input", "2", "team"})
	w.hint(ts, false, args[1:])
	w.requests(ts, false, []string{"0"})
}

// refuse-ca VALUE gives a file that holds no roots, or may not be read.
func (w *world) refuseCA(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"ca-file", args[0]})
	w.azstep(ts, true, []string{"mint-pat"})
	w.error(ts, false, []string{"invalid-input", "2", "ca-file"})
	w.requests(ts, false, []string{"0"})
}

// api-tokens STATE N [ID] counts the API tokens of IoT Central.
func (w *world) apiTokens(ts *testscript.TestScript, _ bool, args []string) {
	var ids []string
	for _, t := range w.server.APITokens() {
		if t.State == args[0] && (len(args) < 3 || t.ID == args[2]) {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) != number(ts, args[1]) {
		ts.Fatalf("%s API tokens: %q", args[0], ids)
	}
}

// iot-policy MAX MIN bounds what API tokens live, as durations; 0s is no bound.
func (w *world) iotPolicy(ts *testscript.TestScript, _ bool, args []string) {
	var p emulator.IoTPolicy
	var err error
	p.MaxLife, err = time.ParseDuration(args[0])
	ts.Check(err)
	p.MinLife, err = time.ParseDuration(args[1])
	ts.Check(err)
	ts.Check(w.server.SetIoTPolicy("", p))
}

// refuse-roles VALUE gives what is no list of roles.
func (w *world) refuseRoles(ts *testscript.TestScript, _ bool, args []string) {
	w.input(ts, false, []string{"roles", args[0]})
	w.azstep(ts, true, []string{"mint-iot-token"})
	w.error(ts, false, []string{"invalid-input", "2", "roles"})
	w.requests(ts, false, []string{"0"})
}

// refuse-check NAME VALUE gives an input that check-permissions cannot take.
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

// refuse-policy FILE REGEXP gives a policy that cannot be read, by its path and
// as its text.
func (w *world) refusePolicy(ts *testscript.TestScript, _ bool, args []string) {
	for _, value := range []string{args[0], "@" + args[0]} {
		w.input(ts, false, []string{"policy", value})
		w.azstep(ts, true, []string{"check-permissions"})
		w.error(ts, false, []string{"invalid-input", "2", args[1]})
		w.requests(ts, false, []string{"0"})
	}
}
