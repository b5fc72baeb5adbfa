//go:build unix

package acceptance

import (
	"html"
	"maps"
	"regexp"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
)

// expect fails the script unless the text matches; with not, it fails if the text
// matches.
func expect(ts *testscript.TestScript, not bool, what, text, pattern string) {
	expectAny(ts, not, what, []string{text}, pattern)
}

// expectAny is expect for a text that may be read in several ways.
func expectAny(ts *testscript.TestScript, not bool, what string, texts []string, pattern string) {
	matched := false
	for _, text := range texts {
		one, err := regexp.MatchString(`(?m)`+pattern, text)
		ts.Check(err)
		matched = matched || one
	}
	if matched == not {
		ts.Fatalf("%s: match for %q is %v:\n%s", what, pattern, matched, texts[0])
	}
}

// output NAME [REGEXP] checks a whole output of the last run; ! output NAME checks
// that it does not exist. Names are in kebab case on every host.
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

// outputs NAME... checks that these are all outputs of the last run.
func (w *world) outputs(ts *testscript.TestScript, _ bool, args []string) {
	want := slices.Clone(args)
	for i := range want {
		if w.host != hostAction && w.host != hostGitHub {
			want[i] = camel(want[i])
		}
	}
	if got := slices.Sorted(maps.Keys(w.last.outputs)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		ts.Fatalf("outputs %q", got)
	}
}

// error CODE EXIT [REGEXP] checks how the last run failed: the output error, the
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

// annotation LEVEL REGEXP checks that the last run had such an error or warning.
func (w *world) annotation(ts *testscript.TestScript, not bool, args []string) {
	var texts []string
	for _, n := range w.last.seen.notes {
		if n.level == args[0] {
			texts = append(texts, n.text)
		}
	}
	expectAny(ts, not, args[0]+" lines", words(texts), args[1])
}

// log REGEXP checks the log as its reader sees it.
func (w *world) log(ts *testscript.TestScript, not bool, args []string) {
	expectAny(ts, not, "log", words(w.last.seen.log), args[0])
}

// hint REGEXP checks that there is such a hint.
func (w *world) hint(ts *testscript.TestScript, not bool, args []string) {
	expectAny(ts, not, "hints", words(w.last.hints()), args[0])
}

var inCode = regexp.MustCompile(`</?code>`)

// summary REGEXP checks the job's page, or the log if there is no page.
func (w *world) summary(ts *testscript.TestScript, not bool, args []string) {
	text := string(w.last.summary)
	if w.host == hostLocal {
		text = string(w.last.stderr)
	}
	texts := []string{text}
	if !not { // as a reader sees it, rendered
		texts = append(texts, html.UnescapeString(inCode.ReplaceAllString(text, "")))
	}
	expectAny(ts, not, "summary", texts, args[0])
}

// exported NAME checks that later steps get the variable with the token.
func (w *world) exported(ts *testscript.TestScript, not bool, args []string) {
	value, ok := w.last.exported[args[0]]
	token, _ := w.last.get("token")
	if (ok && value == token && slices.Contains(w.last.secretVariables, args[0])) == not {
		ts.Fatalf("variable %s: %v", args[0], ok)
	}
}

// exports NAME checks that later steps get the token under that name, on hosts that
// have later steps.
func (w *world) exports(ts *testscript.TestScript, _ bool, args []string) {
	w.exported(ts, w.host == hostLocal, args)
}

// exits CODE checks the exit code of the last run.
func (w *world) exits(ts *testscript.TestScript, _ bool, args []string) {
	if w.last.exit != number(ts, args[0]) {
		ts.Fatalf("exit code %d", w.last.exit)
	}
}
