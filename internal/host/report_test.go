package host

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// TestTranscripts compares the output for each host byte by byte.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, exec := range []bool{false, true} {
			name := string(kind)
			if exec {
				name += "-exec"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				env := runner(t)
				env["GITHUB_STEP_SUMMARY"] = ""
				env["RUNNER_DEBUG"], env["SYSTEM_DEBUG"], env["AZSTEP_DEBUG"] = "1", "true", "true"
				h := start(Options{Kind: kind, Env: env, Exec: exec})
				speak(t, h)
				got := "-- stdout --\n" + h.stdout.String() + "-- stderr --\n" + h.stderr.String()
				path := filepath.Join("testdata", name+".txt")
				if *update {
					write(t, path, got)
				}
				if diff := cmp.Diff(read(t, path), got); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// speak calls everything that writes once, partly with hostile texts.
func speak(t *testing.T, h fixture) {
	t.Helper()
	const hostile = "50% of a:b,c;d]\r\n::set-output name=x::y ##[add-mask]e ##vso[task.complete result=Failed]\x1b[2J\u202e\u200b"
	h.Debugf("request %d", 1)
	h.Infof("created team %s", hostile)
	h.Warnf("unknown scope %s", hostile)
	h.WarnAt("a,b:c/"+hostile, 7, "policy: "+hostile)
	h.Summarize(Summary{Title: "Teams " + hostile, Head: []string{"Name", "Id"}, Rows: [][]string{{hostile, "7"}}, Notes: []string{"done"}})
	if err := h.Save(lease, intent); err != nil {
		t.Fatal(err)
	}
	if err := h.Publish([]Output{{Name: "team-name", Value: hostile}, {Name: "created", Value: "true"}}); err != nil {
		t.Fatal(err)
	}
	cause := &fault.Error{Code: fault.PermissionDenied, Status: 403, RequestID: "r-1", Err: errors.New(hostile)}
	if exit := h.Report(fmt.Errorf("create team: %w", cause.With("ask an administrator", hostile))); exit != 1 {
		t.Errorf("exit %d", exit)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		exit   int
		stderr string
		code   string
	}{
		"nothing": {nil, 0, "", ""},
		"one input": {fault.Input("lifetime", "set at most 365d", "500d is too long"), 2,
			"error: lifetime: 500d is too long\nhint: set at most 365d\n", "invalid-input"},
		"several inputs": {errors.Join(fault.Input("team", "set team", "team is required"), fault.Input("project", "set project", "project is required"),
			fault.Input("x", "set team", "x is wrong")), 2,
			"error: team is required; project is required; x is wrong\nhint: set team\nhint: set project\n", "invalid-input"},
		"facts once": {fmt.Errorf("look: %w", &fault.Error{Code: "iot-x", Status: 500, RequestID: "r-1", Hints: []string{"wait"},
			Err: errors.New("no (HTTP 500)")}), 1, "error: look: no (HTTP 500) (request id r-1)\nhint: wait\n", "iot-x"},
		"exit of its own": {&fault.Error{Code: fault.Cancelled, Exit: 143, Hints: []string{"-"}, Err: errors.New("SIGTERM")}, 143,
			"error: SIGTERM\nhint: -\n", "cancelled"},
		"two that went wrong": {errors.Join(
			&fault.Error{Code: fault.OutputFailed, RequestID: "a", Hints: []string{"1"}, Err: errors.New("no room")},
			&fault.Error{Code: fault.RevokeFailed, RequestID: "b", Hints: []string{"2"}, Err: errors.New("still alive")}), 1,
			"error: no room; still alive (request id b)\nhint: 1\nhint: 2\n", "output-failed"},
	} {
		h := start(Options{Kind: Local})
		if got := h.Report(c.err); got != c.exit {
			t.Errorf("%s: exit %d, want %d", name, got, c.exit)
		}
		stdout := ""
		if c.code != "" {
			stdout = `{"error":"` + c.code + `"}` + "\n"
		}
		if diff := cmp.Diff([]string{c.stderr, stdout}, []string{h.stderr.String(), h.stdout.String()}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMaxOutput(t *testing.T) {
	t.Parallel()
	for kind, want := range map[Kind]int{GitHub: 120_000, AzurePipelines: 30_000, Local: math.MaxInt} {
		if got := New(Options{Kind: kind}).MaxOutput(); got != want {
			t.Errorf("%s: %d bytes", kind, got)
		}
	}
	if got := New(Options{Kind: GitHub, Env: map[string]string{"RUNNER_OS": "Windows"}}).MaxOutput(); got != 30_000 {
		t.Errorf("GitHub on Windows: %d bytes", got)
	}
}

func TestReportOfAPlainErrorHasAHint(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: GitHub, Env: runner(t)})
	h.Hide(pat)
	h.stdout.Reset()
	if exit := h.Report(fmt.Errorf("oops %s", pat)); exit != 1 {
		t.Errorf("exit %d", exit)
	}
	got := lines(h.stdout.String())
	if len(got) != 2 || !strings.HasPrefix(got[0], "::error title=bad-response::oops ***. Hint: ") || !strings.HasPrefix(got[1], "hint: ") {
		t.Errorf("%q", got)
	}
}

// Azure Pipelines rejects a second value for an output, and a laptop gets one
// object.
func TestTheOutputErrorIsSetOnce(t *testing.T) {
	t.Parallel()
	err := fault.New(fault.NotAuthorized, "no")
	for _, kind := range kinds {
		env := runner(t)
		h := start(Options{Kind: kind, Env: env})
		if e := h.Publish([]Output{{Name: "authorized", Value: "false"}, {Name: "error", Value: "not-authorized"}}); e != nil {
			t.Fatal(e)
		}
		if exit := h.Report(err); exit != 3 {
			t.Errorf("%s: exit %d", kind, exit)
		}
		all := h.stdout.String() + read(t, env["GITHUB_OUTPUT"])
		if n := strings.Count(all, "error<<") + strings.Count(all, "variable=error;") + strings.Count(all, `"error":`); n != 1 {
			t.Errorf("%s: the output error is set %d times: %s", kind, n, all)
		}
	}
	h := start(Options{Kind: GitHub, Env: runner(t)})
	if e := h.Publish([]Output{{Name: "authorized", Value: "false"}}); e != nil {
		t.Fatal(e)
	}
	h.Report(err)
	want := [][2]string{{"authorized", "false"}, {"error", "not-authorized"}}
	if diff := cmp.Diff(want, filePairs(t, h.opts.Env["GITHUB_OUTPUT"])); diff != "" {
		t.Error(diff)
	}
}

// An error names the inputs at fault in the reader's spelling, even if there are
// several, and the annotation on a CI host contains the first hint.
func TestReportSpells(t *testing.T) {
	t.Parallel()
	err := fault.Join([]error{
		fault.Input("scopes", "set the input scopes", "scopes is required"),
		fault.Input("valid-to", "set lifetime or valid-to, not both", "lifetime and valid-to are both set"),
		fault.New(fault.InvalidInput, "scopes is a word of the service's").With("increase `lifetime`"),
	})
	h := start(Options{Kind: Local})
	h.Spell(loud{})
	h.Report(err)
	want := "error: 3 problems: <scopes is required>; <lifetime and valid-to are both set>; scopes is a word of the service's\n" +
		"hint: (set the input scopes)\nhint: (set lifetime or valid-to, not both)\nhint: (increase `lifetime`)\n"
	if diff := cmp.Diff(want, h.stderr.String()); diff != "" {
		t.Error(diff)
	}
	h = start(Options{Kind: AzurePipelines})
	h.Spell(loud{})
	h.Report(fault.Input("lifetime", "set at most 365d", "500d is too long."))
	if got := lines(h.stdout.String())[0]; got != "##vso[task.logissue type=error;code=invalid-input](lifetime: <500d is too long.>). Hint: (set at most 365d)" {
		t.Errorf("%q", got)
	}
}

// loud marks the texts that it was asked to rewrite.
type loud struct{}

func (loud) Text(text string) string  { return text }
func (loud) Hint(text string) string  { return "(" + text + ")" }
func (loud) Blame(text string) string { return "<" + text + ">" }
