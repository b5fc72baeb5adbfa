//go:build e2e

package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// The workflow that runs the action on itself, by act: every step of it has to
// succeed, and the log to hold no token.
func TestWorkflow(t *testing.T) {
	act := strings.Fields(os.Getenv("ACT")) // a command that takes the path of a workflow
	if len(act) == 0 {
		t.Skip("ACT names no command that runs a workflow")
	}
	const path = ".github/workflows/e2e.yml"
	c := command(t, nil, act[0], append(act[1:], path)...)
	c.Dir = "../.."
	began := time.Now()
	text, err := c.CombinedOutput()
	t.Logf("the workflow took %s", time.Since(began).Round(time.Second))
	if err != nil {
		t.Fatalf("%s: %v\n%s", c, err, text)
	}
	log := string(text)
	var workflow struct {
		Jobs map[string]struct{ Steps []struct{ Name string } }
	}
	if err := yaml.Unmarshal(read(t, "../../"+path), &workflow); err != nil {
		t.Fatal(err)
	}
	for _, s := range workflow.Jobs["action"].Steps {
		if s.Name != "" && s.Name != "Try what only a user may do" && !strings.Contains(log, "Success - Main "+s.Name) {
			t.Errorf("the step %q did not run", s.Name)
		}
	}
	// act hides only whole values that the action has told it to hide.
	if token := regexp.MustCompile(`eyJ[\w-]{20,}\.[\w-]+|FAKE-PAT-\w+`).FindString(log); token != "" {
		t.Errorf("a token is in the log: %.12s...", token)
	}
}
