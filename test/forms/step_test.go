package forms

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// A job mints and uses a PAT, and its post step revokes it: the whole action as the
// runner starts it, in a read-only folder whose path contains spaces and non-ASCII
// letters.
func TestJob(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		before := w.lock()
		with := w.mint()
		main := w.run(with)
		token := main.Outputs["token"]
		if main.exit != 0 || token == "" || len(main.Problems) > 0 || len(w.active()) != 1 {
			t.Fatalf("exit code %d, %d alive, %q\n%s", main.exit, len(w.active()), main.Problems, main.log())
		}
		if !strings.Contains(main.Summary, "vso.code") {
			t.Errorf("the summary: %q", main.Summary)
		}
		if found := hosttest.Leaks([]byte(main.log()), token); found != nil {
			t.Errorf("the log contains the token: %q", found)
		}
		post := w.post(main, with)
		if post.exit != 0 || len(w.active()) != 0 || len(post.Problems) > 0 {
			t.Errorf("the post step: exit code %d, %d alive, %q\n%s", post.exit, len(w.active()), post.Problems, post.log())
		}
		if after := contents(t, w.dir); !maps.Equal(before, after) {
			t.Errorf("the action's folder was %v and is %v", before, after)
		}
	})
}

// lock makes the action's folder read-only and returns its content. Tests may run as
// root, for whom no folder is read-only.
func (w *world) lock() map[string]string {
	w.t.Helper()
	for _, dir := range []string{w.dir, filepath.Join(w.dir, "bin"), filepath.Join(w.dir, "action")} {
		if err := os.Chmod(dir, 0o555); err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	}
	return contents(w.t, w.dir)
}

// contents returns the files below dir, with size and time.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			found[path] = info.Mode().String() + info.ModTime().String()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Variables that an earlier step put into the job's environment must not hide the
// host from the main step, keep the post step from revoking, or affect the program's
// Node.
func TestVariablesOfTheJob(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		hostile := map[string]string{
			"TF_BUILD": "True", "GITLAB_CI": "true", "AZSTEP_HOST": "local", "AZSTEP_SCOPES": "app_token", "AZSTEP_OPERATION": "revoke-pat",
			"NODE_OPTIONS": "--no-deprecation",
		}
		maps.Copy(w.job.Env, hostile)
		with := w.mint()
		main := w.run(with)
		if main.exit != 0 || main.Outputs["scopes"] != "vso.code" || len(w.active()) != 1 {
			t.Fatalf("exit code %d, %q, %d alive\n%s", main.exit, main.Outputs["scopes"], len(w.active()), main.log())
		}
		if post := w.post(main, with); post.exit != 0 || len(w.active()) != 0 {
			t.Errorf("the post step: exit code %d, %d alive\n%s", post.exit, len(w.active()), post.log())
		}
	})
}

// A job that minted nothing sends nothing at its end.
func TestPostOfAStepThatMintedNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneNode(t))
	with := with(w.mint(), "scopes", "")
	main := w.run(with)
	before := len(w.Requests())
	post := w.post(main, with)
	if main.exit != 2 || post.exit != 0 || len(w.Requests()) != before {
		t.Errorf("exit codes %d and %d, %d requests\n%s\n%s", main.exit, post.exit, len(w.Requests())-before, main.log(), post.log())
	}
}

// The exit code is the program's: 1 for a failure, 2 for invalid inputs, 3 for a
// check that is not satisfied.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		check := with(w.mint(), "operation", "check-permissions", "project", "Fabrikam", "resource-type", "environment", "resource-id", "1", "export-env", "")
		for exit, with := range map[int]map[string]string{
			0: with(check, "pipelines", "15"),
			1: with(check, "resource-id", "999"),
			2: with(check, "resource-type", ""),
			3: with(check, "pipelines", "16"),
		} {
			if o := w.run(with); o.exit != exit {
				t.Errorf("exit code %d, want %d\n%s", o.exit, exit, o.log())
			}
		}
	})
}

// setup puts azstep on the PATH, where a run: step finds it by name.
func TestSetup(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.lock()
		w.action = w.read("setup")
		o := w.run(nil)
		if o.exit != 0 || len(o.Paths) != 1 || len(o.Problems) > 0 || !strings.Contains(o.log(), "azstep ") {
			t.Fatalf("exit code %d, %q, %q\n%s", o.exit, o.Paths, o.Problems, o.log())
		}
		w.job.Action = false
		w.job.Env["PATH"] = o.Paths[0] + string(os.PathListSeparator) + w.job.Env["PATH"]
		inputs := w.mint()
		delete(inputs, "export-env")
		s, err := w.job.Step(inputs)
		if err != nil {
			t.Fatal(err)
		}
		w.node = filepath.Join(o.Paths[0], "azstep")
		exec := w.play(s, nil, "exec", "mint-pat", "--", "azstep", "version")
		if exec.exit != 0 || !strings.Contains(exec.log(), "azstep ") || len(w.active()) != 0 || requested(w, http.MethodDelete) != 1 {
			t.Errorf("exit code %d, %d alive\n%s", exec.exit, len(w.active()), exec.log())
		}
	})
}

func requested(w *world, method string) (n int) {
	for _, r := range w.Requests() {
		if r.Method == method {
			n++
		}
	}
	return n
}

// A step runs on the runner itself, so it finds the az that azure/login has signed
// in.
func TestAzureCLIInAStep(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("az is a shell script here")
	}
	w := newWorld(t, oneNode(t))
	inputs := with(w.mint(), "auth", "azure-cli", "credential", "")
	az := "#!/bin/sh\nprintf '{\"accessToken\":\"%s\"}' '" + w.Token(emulator.TokenOptions{}) + "'\n"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(az), 0o755); err != nil {
		t.Fatal(err)
	}
	w.job.Env["PATH"] = dir + string(os.PathListSeparator) + w.job.Env["PATH"]
	main := w.run(inputs)
	if main.exit != 0 || len(w.active()) != 1 {
		t.Fatalf("exit code %d, %d alive\n%s", main.exit, len(w.active()), main.log())
	}
	if post := w.post(main, inputs); post.exit != 0 || len(w.active()) != 0 {
		t.Errorf("the post step: exit code %d, %d alive\n%s", post.exit, len(w.active()), post.log())
	}
}
