package host

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// Every output must fit into a variable of a later step, on each host.
func TestPublishBoundsOutputs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		os    string
		limit int
	}{{"Linux", 120_000}, {"Windows", 30_000}} {
		env := runner(t)
		env["RUNNER_OS"] = c.os
		h := start(Options{Kind: GitHub, Env: env})
		fits, exceeds := "["+strings.Repeat("1", c.limit-2)+"]", "["+strings.Repeat("1", c.limit-1)+"]"
		err := h.Publish([]Output{{Name: "drift", Value: exceeds}, {Name: "team-description", Value: exceeds[1:] + "."}, {Name: "report", Value: fits}, {Name: "truncated", Value: "false"}})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"drift": "[]", "team-description": "", "report": fits, "truncated": "true"}
		if diff := cmp.Diff(want, outputsIn(t, env)); diff != "" {
			t.Errorf("%s: %.400s", c.os, diff)
		}
		if !strings.Contains(h.stdout.String(), "::warning::the output drift") {
			t.Errorf("%s: no warning: %s", c.os, h.stdout)
		}
	}
}

func TestPublishSaysWhatIsTruncated(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	if err := h.Publish([]Output{{Name: "report", Value: "[" + strings.Repeat(" ", 120_000) + "]"}}); err != nil {
		t.Fatal(err)
	}
	if got := outputsIn(t, env); got["report"] != "[]" || got["truncated"] != "true" {
		t.Errorf("%q", got)
	}
}

func TestPublishRefusesASecretThatNoStepCanTake(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: GitHub, Env: runner(t)})
	if err := h.Publish([]Output{{Name: "token", Value: strings.Repeat("FAKE", 30_001), Secret: true}}); !fault.Is(err, fault.OutputFailed) {
		t.Errorf("%v", err)
	}
}

func TestPublishBoundsNothingOnALaptop(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local})
	if err := h.Publish([]Output{{Name: "display-name", Value: strings.Repeat("x", 200_000)}}); err != nil || h.stdout.Len() < 200_000 {
		t.Errorf("%v, %d bytes", err, h.stdout.Len())
	}
}

func outputsIn(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, p := range filePairs(t, env["GITHUB_OUTPUT"]) {
		found[p[0]] = p[1]
	}
	return found
}
