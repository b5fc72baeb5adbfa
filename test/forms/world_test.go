package forms

import (
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/formtest"
)

// world is one job of GitHub Actions on this machine, with its own services and the
// action as in a release.
type world struct {
	*emulator.Server
	t         *testing.T
	node      string
	dir       string // directory of the action
	workspace string
	action    *hosttest.Script
	job       *hosttest.Job
}

func newWorld(t *testing.T, node string) *world {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{Server: s, t: t, node: node, dir: filepath.Join(t.TempDir(), "an äction", "v1"), workspace: t.TempDir()}
	if w.action, err = formtest.Action(root, built, w.dir); err != nil {
		t.Fatal(err)
	}
	w.job = &hosttest.Job{Host: hosttest.GitHub, Action: true, Dir: t.TempDir(), Env: map[string]string{
		"PATH": os.Getenv("PATH"), "GITHUB_WORKSPACE": w.workspace, "GITHUB_REPOSITORY": "fabrikam/shop", "GITHUB_RUN_ID": "42",
	}}
	for _, name := range []string{"SYSTEMROOT", "TEMP", "TMP"} { // Windows requires them
		if value := os.Getenv(name); value != "" {
			w.job.Env[name] = value
		}
	}
	return w
}

func (w *world) program() string { return filepath.Join(w.dir, "bin", formtest.ProgramName()) }

// read parses the action.yml in a folder of the repository.
func (w *world) read(folder string) *hosttest.Script {
	w.t.Helper()
	action, err := hosttest.ReadScript(filepath.Join(w.dir, folder))
	if err != nil {
		w.t.Fatal(err)
	}
	return action
}

// mint returns the `with:` of a step that mints a PAT. The emulator's certificate is
// in the workspace, as if it had been checked out.
func (w *world) mint() map[string]string {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.workspace, "ca.pem"), w.CAPEM(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return map[string]string{
		"operation": "mint-pat", "organization": w.URL() + "/fabrikam", "credential": w.Token(emulator.TokenOptions{Scopes: "user_impersonation"}),
		"scopes": "vso.code", "lifetime": "30m", "ca-file": "ca.pem", "export-env": "ADO_PAT",
	}
}

// outcome is the result of a step as the runner sees it.
type outcome struct {
	hosttest.Ended
	exit int
}

func (o outcome) log() string { return strings.Join(o.Log, "\n") }

// run runs a step of the action with this `with:`.
func (w *world) run(with map[string]string) outcome {
	w.t.Helper()
	return w.play(w.step(with), nil, w.action.Main)
}

func (w *world) step(with map[string]string) *hosttest.Step {
	w.t.Helper()
	s, err := w.job.Step(w.action.Inputs(with))
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// post runs the post step of a step.
func (w *world) post(main outcome, with map[string]string) outcome {
	w.t.Helper()
	s, err := w.job.Post(main.Ended, w.action.Inputs(with))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.play(s, nil, w.action.Post)
}

// play starts Node with these arguments as the runner does. meanwhile, if not nil,
// is called once while the process runs.
func (w *world) play(s *hosttest.Step, meanwhile func(*os.Process, <-chan struct{}), args ...string) outcome {
	w.t.Helper()
	cmd := exec.Command(w.node, args...)
	cmd.Dir, cmd.Env = w.workspace, s.Environ()
	return w.finish(s, cmd, meanwhile)
}

func (w *world) finish(s *hosttest.Step, cmd *exec.Cmd, meanwhile func(*os.Process, <-chan struct{})) outcome {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = io.Writer(&stdout), io.Writer(&stderr)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	ended := make(chan struct{})
	stop := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	if meanwhile != nil {
		go meanwhile(cmd.Process, ended)
	}
	_ = cmd.Wait()
	close(ended)
	stop.Stop()
	return outcome{s.End(stdout.Bytes(), stderr.Bytes()), exitCode(cmd.ProcessState)}
}

// active returns the PATs that are valid.
func (w *world) active() []emulator.PAT {
	return slices.DeleteFunc(w.PATs(), func(p emulator.PAT) bool { return p.State != "active" })
}

// eventually waits until done returns true.
func (w *world) eventually(done func() bool) bool {
	for deadline := time.Now().Add(5 * time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// with returns a `with:` with some inputs changed.
func with(inputs map[string]string, pairs ...string) map[string]string {
	all := maps.Clone(inputs)
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// copy copies a program.
func (w *world) copy(to, from string) {
	w.t.Helper()
	if err := formtest.Copy(to, from, 0o755); err != nil {
		w.t.Fatal(err)
	}
}
