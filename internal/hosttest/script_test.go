package hosttest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScriptInputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const manifest = "inputs:\n  team: {description: a}\n  auth: {default: auto}\nruns:\n  using: node24\n  main: a/main.js\n  post: a/post.js\n"
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := ReadScript(dir)
	if err != nil {
		t.Fatal(err)
	}
	if s.Main != filepath.Join(dir, "a", "main.js") || s.Post != filepath.Join(dir, "a", "post.js") {
		t.Errorf("%+v", s)
	}
	want := map[string]string{"team": "", "auth": "credential", "extra": "x"}
	if diff := cmp.Diff(want, s.Inputs(map[string]string{"auth": "credential", "extra": "x"})); diff != "" {
		t.Error(diff)
	}
}

func TestScriptRefusesOtherActions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte("runs:\n  using: docker\n  image: Dockerfile\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadScript(dir); err == nil {
		t.Errorf("%+v", s)
	}
}

// The state of the action replaces the job's variables of the same name. Other keys
// may come from any step.
func TestStateIsLaidOverTheJobsVariables(t *testing.T) {
	t.Parallel()
	job := &Job{Host: GitHub, Action: true, Dir: t.TempDir(), Env: map[string]string{"STATE_mine": "forged", "STATE_other": "forged"}}
	post, err := job.Post(Ended{State: map[string]string{"mine": "written"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if post.Env["STATE_mine"] != "written" || post.Env["STATE_other"] != "forged" {
		t.Errorf("%q", post.Env)
	}
}
