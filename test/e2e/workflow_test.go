//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// act runs a workflow with this action: every step must succeed, and the log must
// not contain a token.
func TestWorkflow(t *testing.T) {
	t.Parallel()
	act := strings.Fields(os.Getenv("ACT")) // a command whose last argument is the path of a workflow
	if len(act) == 0 {
		t.Skip("ACT names no command that runs a workflow")
	}
	const path = ".github/workflows/e2e.yml"
	c := commandFor(t, workflowPatience, nil, act[0], append(act[1:], path)...)
	c.Dir = "../.."
	began := time.Now()
	text, err := c.CombinedOutput()
	t.Logf("the workflow took %s", time.Since(began).Round(time.Second))
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, text)
	}
	log := string(text)
	for _, s := range steps(t, "../../"+path) {
		want := "Success - Main " + s.Name
		if s.MayFail { // these steps must fail; the step after each of them checks how
			want = "Failure - Main " + s.Name
		}
		if s.Name != "" && !strings.Contains(log, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	// The runner starts the action itself, and its post step must find what the
	// action left.
	if !regexp.MustCompile(`Post Mint one more, which the post step revokes(?s:.*?)revoked ".*\[azstep:`).MatchString(log) {
		t.Error("the post step revoked nothing")
	}
	// act only hides whole values that the action has registered.
	if token := regexp.MustCompile(`eyJ[\w-]{20,}\.[\w-]+|FAKEPAT\w+`).FindString(log); token != "" {
		t.Errorf("a token is in the log: %.12s...", token)
	}
}

type workflowStep struct {
	Name    string
	If      string
	MayFail bool `yaml:"continue-on-error"`
}

func steps(t *testing.T, path string) []workflowStep {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct{ Steps []workflowStep }
	}
	if err := yaml.Unmarshal(read(t, path), &workflow); err != nil {
		t.Fatal(err)
	}
	var all []workflowStep
	for _, job := range workflow.Jobs {
		all = append(all, job.Steps...)
	}
	if len(all) < 20 {
		t.Fatalf("%d steps in %s", len(all), path)
	}
	return slices.DeleteFunc(all, func(s workflowStep) bool { return s.If != "" })
}
