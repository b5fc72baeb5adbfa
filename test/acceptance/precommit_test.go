//go:build unix

package acceptance

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestPreCommit runs the hook as pre-commit does: its entry, followed by the names of
// the files.
func TestPreCommit(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, ".pre-commit-hooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct{ Entry string }
	if err := yaml.Unmarshal(text, &hooks); err != nil || len(hooks) != 1 {
		t.Fatal(hooks, err)
	}
	dir := t.TempDir()
	for name, policy := range map[string]string{
		"good.yml": "{type: queue, name: Default}", "typo.yml": "{type: queue, nam: Default}", "type.yml": "{type: pool, name: Default}",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("version: 1\nresources:\n  - "+policy+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for files, want := range map[string][]string{
		"good.yml":                   nil,
		"typo.yml good.yml type.yml": {"typo.yml: error: ", "line 3: unknown key nam", "type.yml: error: ", "line 3: type"},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", hooks[0].Entry+" "+files)
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
		said, err := cmd.CombinedOutput()
		if exit := new(exec.ExitError); errors.As(err, &exit) != (want != nil) {
			t.Errorf("%s: %v: %s", files, err, said)
		}
		if want == nil && len(said) > 0 || strings.Contains(string(said), "is required") {
			t.Errorf("%s: %s", files, said)
		}
		for _, text := range want {
			if !strings.Contains(string(said), text) {
				t.Errorf("%s: %q is not in %s", files, text, said)
			}
		}
	}
}
