package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// declared is the content of a manifest.
type declared struct {
	Inputs, Outputs map[string]map[string]any
	Runs            map[string]string
}

func readDeclared(t *testing.T, name string) (d declared) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &d); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return d
}

func TestTheContainersActionIsFresh(t *testing.T) {
	t.Parallel()
	want, err := manifestOf(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, dockerManifest))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is out of date: run make docs\n%s", dockerManifest, diff)
	}
}

// The three actions have the same inputs and outputs. setup runs no operation and
// may leave inputs out.
func TestActionsAgree(t *testing.T) {
	t.Parallel()
	whole, docker, setup := readDeclared(t, "action.yml"), readDeclared(t, dockerManifest), readDeclared(t, "setup/action.yml")
	if len(whole.Inputs) < 30 || len(whole.Outputs) < 20 {
		t.Fatalf("action.yml: %d inputs, %d outputs", len(whole.Inputs), len(whole.Outputs))
	}
	if diff := cmp.Diff(whole.Inputs, docker.Inputs) + cmp.Diff(whole.Outputs, docker.Outputs); diff != "" {
		t.Errorf("action.yml (-) and %s (+):\n%s", dockerManifest, diff)
	}
	for name, about := range setup.Inputs {
		if diff := cmp.Diff(whole.Inputs[name], about); diff != "" {
			t.Errorf("the input %s of action.yml (-) and setup/action.yml (+):\n%s", name, diff)
		}
	}
	for _, d := range []declared{whole, setup} {
		if d.Runs["using"] != "node24" {
			t.Errorf("runs: %q", d.Runs)
		}
	}
}

// make docs CHECK=-check names the files that are out of date, and writes nothing.
func TestCheckNamesWhatIsStale(t *testing.T) {
	t.Parallel()
	if err := run(root, true); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir()
	for _, dir := range []string{"docs", "docker", "setup", "action", "task", "internal/steps", "internal/command", "internal/audit"} {
		if err := os.CopyFS(filepath.Join(copied, dir), os.DirFS(filepath.Join(root, dir))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"README.md", "action.yml"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "action.yml" {
			text = []byte(strings.Replace(string(text), "Name of the team.", "Title of the team.", 1))
		}
		write(t, copied, map[string]string{name: string(text)})
	}
	write(t, copied, map[string]string{"setup/action.yml": "inputs:\n  team:\n    description: 'Name of the team.'\nruns:\n  using: node24\n  main: setup.js\n"})
	err := run(copied, true)
	for _, want := range []string{"docker/action.yml is stale", "reference.md is stale", "setup/action.yml: the input team"} {
		if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%q is missing: %v", want, err)
		}
	}
}
