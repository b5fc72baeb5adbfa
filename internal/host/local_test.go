package host

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestLocalPublish(t *testing.T) {
	t.Parallel()
	outputs := []Output{
		{Name: "token", Value: pat, Secret: true},
		{Name: "valid-to", Value: "now"},
		{Name: "team-description", Value: "##vso[x] é \"\\\n\x7f 😀"},
	}
	for name, c := range map[string]struct {
		o              Options
		stdout, stderr string
	}{
		"pipe":     {Options{}, `{"token":"FAKE-PAT-0001","validTo":"now","teamDescription":"\u0023\u0023vso[x] \u00e9 \"\\\u000a\u007f \ud83d\ude00"}` + "\n", ""},
		"terminal": {Options{StdoutIsTerminal: true}, "", ""}, // a table is printed instead, see Show
		"exec":     {Options{Exec: true, StdoutIsTerminal: true}, "", ""},
	} {
		c.o.Kind = Local
		h := start(c.o)
		if err := h.Publish(outputs, EnvVar{"AZSTEP_TOKEN", pat}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]string{c.stdout, c.stderr}, []string{h.stdout.String(), h.stderr.String()}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLocalPublishNothingIsAnObject(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local})
	if err := h.Publish(nil); err != nil || h.stdout.String() != "{}\n" || h.stderr.Len() > 0 {
		t.Errorf("%v, %q, %q", err, h.stdout, h.stderr)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add("##[error]\"\\\n\x00\u2028😀\xff", "::x::")
	f.Fuzz(func(t *testing.T, one, two string) {
		h := start(Options{Kind: Local})
		if err := h.Publish([]Output{{Name: "a", Value: one}, {Name: "b-c", Value: two, Secret: true}}); err != nil {
			t.Fatal(err)
		}
		text := h.stdout.String()
		checkNoCommand(t, text)
		if ascii(text) != text || strings.Contains(text, "#") || strings.Count(text, "\n") != 1 {
			t.Fatalf("not a single line of ASCII without #: %q", text)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		// JSON cannot contain bytes that are not UTF-8.
		want := map[string]string{"a": string([]rune(one)), "bC": string([]rune(two))}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestStdoutThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	outputs := []Output{{Name: "token", Value: pat, Secret: true}}
	for _, kind := range []Kind{Local, AzurePipelines} {
		for name, o := range map[string]Options{
			"closed pipe": {Stdout: closedPipe(t)}, "full disk": {Stdout: fullDisk(t)}, "short write": {Stdout: &short{n: 5}},
		} {
			o.Kind = kind
			h := start(o)
			err := h.Publish(outputs)
			if !fault.Is(err, fault.OutputFailed) || h.Err() == nil || strings.Contains(err.Error(), pat) {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
			if got := h.Report(err); got != 1 {
				t.Errorf("%s, %s: exit %d", kind, name, got)
			}
		}
	}
}

func TestLocalDoesNotDependOnItsLog(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local, Stderr: closedPipe(t)})
	h.Infof("x")
	if err := h.Publish([]Output{{Name: "token", Value: pat, Secret: true}}); err != nil || h.Err() != nil {
		t.Errorf("%v, %v", err, h.Err())
	}
}

// Booleans, numbers and arrays have their JSON types. A value that does not match
// its output's type becomes a string, and none can contain a command.
func TestJSONTypes(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local})
	err := h.Publish([]Output{
		{Name: "created", Value: "true"}, {Name: "violations", Value: "12"}, {Name: "clock-skew", Value: "-3"},
		{Name: "report", Value: `[{"name":"##vso[x] é"}]`}, {Name: "target-accounts", Value: "[]"},
		{Name: "team-name", Value: "true"}, {Name: "valid-to", Value: "2026-12-01T00:00:00Z"},
		{Name: "updated", Value: "yes"}, {Name: "revoked", Value: "1 2"}, {Name: "roles", Value: "[1"}, {Name: "truncated", Value: ""},
	})
	want := `{"created":true,"violations":12,"clockSkew":-3,"report":[{"name":"\u0023\u0023vso[x] \u00e9"}],"targetAccounts":[],` +
		`"teamName":"true","validTo":"2026-12-01T00:00:00Z","updated":"yes","revoked":"1 2","roles":"[1","truncated":""}` + "\n"
	if diff := cmp.Diff(want, h.stdout.String()); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
