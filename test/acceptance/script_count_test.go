//go:build unix

package acceptance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
	"gopkg.in/yaml.v3"
)

// requests N [METHOD [PATH]] checks the number of requests of the last run to the
// emulator; * in a path matches any text.
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

// connections N checks the number of connections of the last run.
func (w *world) connections(ts *testscript.TestScript, _ bool, args []string) {
	if w.last.connections != number(ts, args[0]) {
		ts.Fatalf("%d connections", w.last.connections)
	}
}

// pats STATE N checks the number of PATs that azstep minted and that are in that
// state.
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

// teams N PROJECT NAME checks the number of a project's teams with that name.
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

// leased N checks the number of the job's open leases: those that post would
// release.
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

// leases returns the records of the job, the last one for each name.
func (w *world) leases(ts *testscript.TestScript) map[string]string {
	all := map[string]string{}
	if w.host == hostTask { // each step has its own state, behind a nonce
		for i, step := range w.steps {
			if _, value, _ := strings.Cut(step.state["AZSTEP"], " "); value != "{}" && value != "" {
				all[fmt.Sprint(i)] = value
			}
		}
		return all
	}
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
	for i, step := range w.steps {
		for name, value := range step.exported {
			if strings.HasPrefix(name, "AZSTEP_LEASE_") {
				all[name] = value
			}
		}
		if value, ok := step.state["AZSTEP"]; ok { // each step of an action has its own state
			all[fmt.Sprintf("AZSTEP of step %d", i)] = value
		}
	}
	return all
}

// lease FIELD REGEXP checks a field of the job's newest lease.
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

// api-tokens STATE N [ID] checks the number of API tokens of IoT Central.
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

// iot-policy MAX MIN [JSON] limits the lifetime of API tokens, as durations; 0s
// means no limit. JSON sets other behavior of the service: emulator.IoTPolicy.
func (w *world) iotPolicy(ts *testscript.TestScript, _ bool, args []string) {
	var p emulator.IoTPolicy
	var err error
	if len(args) > 2 {
		ts.Check(yaml.Unmarshal([]byte(args[2]), &p))
	}
	p.MaxLife, err = time.ParseDuration(args[0])
	ts.Check(err)
	p.MinLife, err = time.ParseDuration(args[1])
	ts.Check(err)
	ts.Check(w.server.SetIoTPolicy("", p))
}
