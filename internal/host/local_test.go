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
		"pipe": {Options{}, `{"token":"FAKE-PAT-0001","validTo":"now","teamDescription":"\u0023\u0023vso[x] \u00e9 \"\\\u000a\u007f \ud83d\ude00"}` + "\n", ""},
		"terminal": {Options{StdoutIsTerminal: true},
			`{"token":"***","validTo":"now","teamDescription":"\u0023\u0023vso[x] \u00e9 \"\\\u000a\u007f \ud83d\ude00"}` + "\n",
			"hint: secrets are not shown on a terminal: pipe or redirect stdout to get them\n"},
		"exec": {Options{Exec: true, StdoutIsTerminal: true}, "", ""},
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
	h := start(Options{Kind: Local, StdoutIsTerminal: true})
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
			t.Fatalf("not one line of ASCII without #: %q", text)
		}
		var got map[string]string
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		// Bytes that are not UTF-8 cannot be in JSON.
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
