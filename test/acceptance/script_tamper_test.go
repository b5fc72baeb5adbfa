//go:build unix

package acceptance

import (
	"maps"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// tamper HOW [OLD NEW] changes the lease variables of the job as any step can: empty
// them, spell them in lower case, replace a text in them, add a changed copy of
// each, or remove them. tamper back restores them.
func (w *world) tamper(ts *testscript.TestScript, _ bool, args []string) {
	if w.untouched == nil {
		w.untouched = maps.Clone(w.job)
	}
	w.job = maps.Clone(w.untouched)
	for name, value := range w.untouched {
		if !strings.HasPrefix(name, "AZSTEP_LEASE_") {
			continue
		}
		switch args[0] {
		case "empty":
			w.job[name] = ""
		case "lower":
			delete(w.job, name)
			w.job[strings.ToLower(name)] = value
		case "replace":
			if w.job[name] = strings.ReplaceAll(value, args[1], args[2]); w.job[name] == value {
				ts.Fatalf("there is no %q in %s", args[1], value)
			}
		case "twice":
			w.job[strings.ToLower(name)] = strings.ReplaceAll(value, args[1], args[2])
		case "away":
			delete(w.job, name)
		case "back":
		default:
			ts.Fatalf("usage: tamper empty|lower|replace OLD NEW|twice OLD NEW|away|back")
		}
	}
	if args[0] == "back" {
		w.untouched = nil
	}
}
