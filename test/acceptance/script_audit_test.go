//go:build unix

package acceptance

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// TestAudit runs testdata/script/audit: permissions of many resources, their checks,
// and PATs that jobs left behind.
func TestAudit(t *testing.T) {
	testscript.RunT(folded{t}, auditParams(root+"/testdata/script/audit", hostLocal))
}

// TestAuditOnEveryHost runs the scripts that behave the same on each host.
func TestAuditOnEveryHost(t *testing.T) {
	onEveryHost(t, auditParams, root+"/testdata/script/audit/hosts")
}

// auditParams returns the parameters of all scripts, with the commands below.
func auditParams(dir, host string) testscript.Params {
	p := params(dir, host)
	maps.Copy(p.Cmds, map[string]func(*testscript.TestScript, bool, []string){
		"guard":         scripted((*world).guard),
		"resource":      scripted((*world).resource),
		"bulk":          scripted((*world).bulk),
		"quirks":        scripted((*world).quirks),
		"devops-server": scripted((*world).devopsServer),
		"asked":         scripted((*world).asked),
		"old-pats":      scripted((*world).oldPATs),
		"permitted":     scripted((*world).permitted),
		"pats-named":    scripted((*world).patsNamed),
		"refuse-ensure": scripted((*world).refuseEnsure),
		"same-lines":    scripted((*world).sameLines),
		"keep-log":      scripted((*world).keepLog),
	})
	return p
}

// options parses the same JSON as a control request.
func options[T any](ts *testscript.TestScript, text string) T {
	var o T
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	ts.Check(d.Decode(&o))
	return o
}

// guard PROJECT JSON adds a check to a resource: emulator.Guard.
func (w *world) guard(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.AddChecks("fabrikam", args[0], options[emulator.Guard](ts, args[1])))
}

// resource PROJECT TYPE ID JSON changes a resource: emulator.Circumstances.
func (w *world) resource(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.SetResource("fabrikam", args[0], args[1], args[2], options[emulator.Circumstances](ts, args[3])))
}

// bulk PROJECT JSON creates many resources: emulator.Bulk.
func (w *world) bulk(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.Generate("fabrikam", args[0], options[emulator.Bulk](ts, args[1])))
}

// quirks JSON chooses the service's behavior where it is not documented:
// emulator.Quirks.
func (w *world) quirks(ts *testscript.TestScript, _ bool, args []string) {
	w.server.SetQuirks(options[emulator.Quirks](ts, args[0]))
}

// devops-server VERSION makes Azure DevOps an Azure DevOps Server, as
// emulator.Server.SetServerVersion says.
func (w *world) devopsServer(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.SetServerVersion(args[0]))
}

// old-pats JSON creates PATs with a creation date in the past: emulator.OldPATs.
func (w *world) oldPATs(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.AddOldPATs("fabrikam", options[emulator.OldPATs](ts, args[0])))
}

// permitted PROJECT TYPE ID IDS checks which pipelines may use a resource: ids
// separated by commas, with `open` first if every pipeline may.
func (w *world) permitted(ts *testscript.TestScript, _ bool, args []string) {
	for _, p := range w.server.Permissions() {
		if p.Project != args[0] || p.Type != args[1] || p.ID != args[2] {
			continue
		}
		var who []string
		if p.OpenAccess {
			who = append(who, "open")
		}
		for _, id := range p.Pipelines {
			who = append(who, fmt.Sprint(id))
		}
		if got := strings.Join(who, ","); got != args[3] {
			ts.Fatalf("%s may use %s %s, not %s", got, args[1], args[2], args[3])
		}
		return
	}
	ts.Fatalf("%s has no %s %s", args[0], args[1], args[2])
}

// pats-named STATE NAME... checks that these are the names of all PATs in that
// state.
func (w *world) patsNamed(ts *testscript.TestScript, _ bool, args []string) {
	var names []string
	for _, p := range w.server.PATs() {
		if p.State == args[0] {
			names = append(names, p.DisplayName)
		}
	}
	slices.Sort(names)
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(names, want) {
		ts.Fatalf("%s are %q, not %q", args[0], names, want)
	}
}

// refuse-ensure NAME VALUE checks that ensure-permissions rejects an input.
func (w *world) refuseEnsure(ts *testscript.TestScript, _ bool, args []string) {
	before, given := w.inputs[args[0]]
	w.input(ts, false, args)
	w.azstep(ts, true, []string{"ensure-permissions"})
	w.error(ts, false, []string{"invalid-input", "2", args[0]})
	w.requests(ts, false, []string{"0"})
	delete(w.inputs, args[0])
	if given {
		w.inputs[args[0]] = before
	}
}

// keep-log FILE stores the changes that the last run logged.
func (w *world) keepLog(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(filepath.Join(w.dir, args[0]), []byte(strings.Join(changes(w.last), "\n")), 0o600))
}

// same-lines FILE compares the changes that the last run logged with those of an
// earlier run. There must be some.
func (w *world) sameLines(ts *testscript.TestScript, _ bool, args []string) {
	kept, err := os.ReadFile(filepath.Join(w.dir, args[0]))
	ts.Check(err)
	now := strings.Join(changes(w.last), "\n")
	if now != string(kept) || now == "" {
		ts.Fatalf("%q, and before %q", now, kept)
	}
}

// changes returns the lines of the log that begin with + or -.
func changes(r *result) []string {
	var lines []string
	for _, line := range r.seen.log {
		line = strings.TrimPrefix(line, "azstep: ")
		if strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "- ") {
			lines = append(lines, line)
		}
	}
	return lines
}
