package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// actionlint finds the linter, where `make tools` or Go installs it.
func actionlint(t *testing.T) string {
	t.Helper()
	home, _ := os.UserHomeDir()
	for _, path := range []string{filepath.Join(root, "bin", "tools", "actionlint"), filepath.Join(home, "go", "bin", "actionlint"), "actionlint"} {
		if found, err := exec.LookPath(path); err == nil {
			full, err := filepath.Abs(found)
			if err != nil {
				t.Fatal(err)
			}
			return full
		}
	}
	t.Skip("the workflows in the documentation are NOT linted: actionlint is not installed, `make tools` installs it")
	return ""
}

// The documentation's workflows are checked in a repository whose own action is
// azstep, so that inputs and outputs are compared with action.yml.
func TestWorkflowsPassActionlint(t *testing.T) {
	t.Parallel()
	linter := actionlint(t)
	dir := t.TempDir()
	manifest, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{"action.yml": string(manifest), "Dockerfile": "FROM scratch\n"}
	for _, name := range []string{"action/main.js", "action/post.js", "setup/action.yml", "setup/setup.js", "docker/action.yml"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	n := 0
	for _, b := range yamlBlocks(t) {
		if text, ok := workflow(b); ok {
			name := fmt.Sprintf(".github/workflows/%s-%d.yml", strings.NewReplacer("/", "-", ".md", "").Replace(b.page), b.line)
			files[name] = text
			n++
		}
	}
	if n < 20 {
		t.Errorf("only %d workflows were found", n)
	}
	write(t, dir, files)
	git := exec.Command("git", "init", "-q", dir)
	if out, err := git.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// post-entrypoint is a path in the image, but actionlint looks for it on disk.
	cmd := exec.Command(linter, "-no-color", "-shellcheck=", "-pyflakes=", "-ignore", `"/azstep-github(-post)?" does not exist`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

var published = regexp.MustCompile(`uses: azstep/azstep((?:/\w+)?)@\S+`)

// workflow makes a workflow of a block, which is a complete workflow or some steps.
// Of the uses of azstep, only those of this action are kept.
func workflow(b block) (string, bool) {
	text := published.ReplaceAllString(b.text, "uses: .$1/")
	var whole map[string]any
	if yaml.Unmarshal([]byte(b.text), &whole) == nil {
		return text, whole["on"] != nil && whole["jobs"] != nil
	}
	var list []map[string]any
	if yaml.Unmarshal([]byte(b.text), &list) != nil || len(list) == 0 {
		return "", false
	}
	for _, step := range list {
		if step["uses"] == nil && step["run"] == nil {
			return "", false
		}
	}
	return "on: push\njobs:\n  example:\n    runs-on: ubuntu-latest\n    steps:\n" + earlier(b.text, list) + indent(text, "      "), true
}

var referred = regexp.MustCompile(`steps\.([a-z]+)\.`)

// earlier lists the steps that an excerpt refers to but does not show.
func earlier(text string, list []map[string]any) string {
	var ids []string
	for _, step := range list {
		ids = append(ids, fmt.Sprint(step["id"]))
	}
	var b strings.Builder
	for _, m := range referred.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(ids, m[1]) {
			ids = append(ids, m[1])
			fmt.Fprintf(&b, "      - id: %s\n        uses: ./\n        with:\n          operation: mint-pat\n", m[1])
		}
	}
	return b.String()
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by) + "\n"
}
