//go:build unix

package forms

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/formtest"
)

// windows is a job on a GitHub runner for Windows, whose program runs under Wine.
type windows struct {
	*world
	wine      string
	meanwhile func(*os.Process, <-chan struct{}) // if not nil, runs beside the program
	exe       string                             // its name tells the program that the action's script started it
}

// buildForWindows builds the program once, under the name that the start script
// uses.
var buildForWindows = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(filepath.Dir(built), "azstep-github.exe")
	cmd := exec.Command("go", "build", "-o", exe, "github.com/azstep/azstep")
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	return exe, wrap(err, said)
})

func wrap(err error, said []byte) error {
	if err != nil {
		return &buildError{err, said}
	}
	return nil
}

type buildError struct {
	err  error
	said []byte
}

func (b *buildError) Error() string { return b.err.Error() + "\n" + string(b.said) }

func newWindows(t *testing.T) *windows {
	t.Helper()
	wine := os.Getenv("AZSTEP_WINDOWS_RUN")
	if wine == "" {
		t.Skip("AZSTEP_WINDOWS_RUN names no command that runs programs for Windows")
	}
	exe, err := buildForWindows()
	if err != nil {
		t.Fatal(err)
	}
	w := &windows{world: newWorld(t, ""), wine: wine, exe: exe}
	w.job.Env = map[string]string{"GITHUB_REPOSITORY": "fabrikam/shop", "GITHUB_RUN_ID": "42", "RUNNER_OS": "Windows", "GITHUB_WORKSPACE": there(w.workspace)}
	return w
}

// there returns Wine's path for a path of this machine.
func there(path string) string { return `Z:` + strings.ReplaceAll(path, "/", `\`) }

// start runs the program as the action's script does, with paths of Windows.
func (w *windows) start(s *hosttest.Step, args ...string) outcome {
	w.t.Helper()
	cmd := exec.Command(w.wine, append([]string{w.exe}, args...)...)
	cmd.Dir = w.workspace
	env := &hosttest.Step{Env: maps.Clone(s.Env)}
	for name, value := range env.Env {
		if strings.HasPrefix(value, "/") && (strings.HasPrefix(name, "GITHUB_") || name == "RUNNER_TEMP") {
			env.Env[name] = there(value)
		}
	}
	for _, name := range []string{"PATH", "HOME", "WINEPREFIX", "XDG_CACHE_HOME"} {
		if value := os.Getenv(name); value != "" {
			env.Env[name] = value
		}
	}
	cmd.Env = env.Environ()
	return w.finish(s, cmd, w.meanwhile)
}

func (w *windows) run(with map[string]string) outcome {
	w.t.Helper()
	return w.start(w.step(with))
}

func (w *windows) post(main outcome, with map[string]string) outcome {
	w.t.Helper()
	s, err := w.job.Post(main.Ended, w.action.Inputs(with))
	if err != nil {
		w.t.Fatal(err)
	}
	return w.start(s, "post")
}

func TestWindowsVersion(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	s := w.step(nil)
	o := w.start(s, "version")
	if o.exit != 0 || len(o.Log) != 1 || !strings.HasPrefix(o.log(), "azstep ") || !strings.HasSuffix(o.log(), "windows/amd64)") {
		t.Errorf("exit code %d: %q", o.exit, o.Log)
	}
}

func TestWindowsJob(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	with := w.mint()
	main := w.run(with)
	token := main.Outputs["token"]
	if main.exit != 0 || token == "" || strings.ContainsAny(token, "\r\n") || len(main.Problems) > 0 || len(w.active()) != 1 {
		t.Fatalf("exit code %d, %d alive, %q\n%s", main.exit, len(w.active()), main.Problems, main.log())
	}
	if !strings.Contains(main.Summary, "vso.code") {
		t.Errorf("the summary: %q", main.Summary)
	}
	if found := hosttest.Leaks([]byte(main.log()), token); found != nil {
		t.Errorf("the log contains the token: %q", found)
	}
	w.job.Env["TF_BUILD"] = "True" // an earlier step may set this
	if post := w.post(main, with); post.exit != 0 || len(w.active()) != 0 {
		t.Errorf("the post step: exit code %d, %d alive\n%s", post.exit, len(w.active()), post.log())
	}
}

// On Windows, names of variables are not case-sensitive.
func TestWindowsVariablesInAnyCase(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	w.exe = w.alone()
	with := w.mint()
	w.job.Action = false
	s, err := w.job.Step(with)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"AZSTEP_SCOPES", "AZSTEP_CREDENTIAL"} {
		s.Env["Azstep_"+strings.ToLower(name[len("AZSTEP_"):])] = s.Env[name]
		delete(s.Env, name)
	}
	s.Env["INPUT_OPERATION"] = "mint-pat"
	s.Env["input_ca-file"] = "ca.pem"
	for name, value := range s.Env { // action mode only reads INPUT_ variables
		if rest, ok := strings.CutPrefix(strings.ToUpper(name), "AZSTEP_"); ok && rest != "OPERATION" {
			delete(s.Env, name)
			s.Env["Input_"+strings.ReplaceAll(strings.ToLower(rest), "_", "-")] = value
		}
	}
	if o := w.start(s); o.exit != 0 || o.Outputs["token"] == "" {
		t.Errorf("exit code %d\n%s", o.exit, o.log())
	}
}

// A policy with CRLF line breaks, and reports, at paths as Windows writes them.
func TestWindowsPolicyAndReports(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	if err := os.MkdirAll(filepath.Join(w.workspace, "policies", "out"), 0o755); err != nil {
		t.Fatal(err)
	}
	policy := "version: 1\r\nresources:\r\n  - type: environment\r\n    name: production\r\n    pipelines: [deploy-db]\r\n"
	if err := os.WriteFile(filepath.Join(w.workspace, "policies", "prod.yml"), []byte("\ufeff"+policy), 0o600); err != nil {
		t.Fatal(err)
	}
	check := with(w.mint(), "operation", "check-permissions", "project", "Fabrikam", "policy", `policies\prod.yml`, "export-env", "", "scopes", "", "lifetime", "")
	for _, path := range []string{`policies\out\report.json`, there(filepath.Join(w.workspace, "policies", "out", "whole.json")), `policies\out\report.sarif`} {
		o := w.run(with(check, "report-file", path))
		if o.exit != 3 {
			t.Fatalf("%s: exit code %d\n%s", path, o.exit, o.log())
		}
		file := path[strings.LastIndexByte(path, '\\')+1:]
		text, err := os.ReadFile(filepath.Join(w.workspace, "policies", "out", file))
		if err != nil || !json.Valid(text) || len(text) < 20 {
			t.Errorf("%s: %v %q", path, err, text)
		}
		if strings.HasSuffix(file, ".sarif") && !strings.Contains(string(text), `"policies/prod.yml"`) {
			t.Errorf("the results do not name the policy: %s", text)
		}
	}
	for _, path := range []string{`..\outside.json`, `\\server\share\report.json`, `NUL`} {
		if o := w.run(with(check, "report-file", path)); o.exit != 2 {
			t.Errorf("report-file %s: exit code %d\n%s", path, o.exit, o.log())
		}
	}
}

func TestWindowsExec(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	w.exe = w.alone()
	w.job.Action = false
	inputs := w.mint()
	delete(inputs, "export-env")
	step := func() *hosttest.Step {
		s, err := w.job.Step(inputs)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := step()
	o := w.start(s, "exec", "mint-pat", "--", "cmd", "/c", "echo token=%AZSTEP_TOKEN% credential=%AZSTEP_CREDENTIAL%&exit 5")
	if o.exit != 5 || len(w.active()) != 0 || !strings.Contains(o.log(), "token=*** credential=%AZSTEP_CREDENTIAL%") {
		t.Errorf("exit code %d, %d alive\n%s", o.exit, len(w.active()), o.log())
	}
	if o := w.start(step(), "exec", "mint-pat", "--", "no-such-command"); o.exit != 127 || len(w.PATs()) != 1+w.seeded() {
		t.Errorf("a command that does not exist: exit code %d, %d PATs\n%s", o.exit, len(w.PATs()), o.log())
	}
}

// alone starts the program under its own name, as setup puts it on the PATH.
func (w *windows) alone() string {
	w.t.Helper()
	exe := filepath.Join(w.t.TempDir(), "azstep.exe")
	w.copy(exe, w.exe)
	return exe
}

// seeded is the number of PATs with which the emulator begins.
func (w *windows) seeded() (n int) {
	for _, p := range w.PATs() {
		if !strings.Contains(p.DisplayName, "[azstep:") {
			n++
		}
	}
	return n
}

// On Windows az is a batch file, which only cmd can run.
func TestWindowsAzureCLI(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	bin := t.TempDir()
	inputs := w.mint()
	batch := "@echo off\r\necho {\"accessToken\":\"" + inputs["credential"] + "\"}\r\n"
	if err := os.WriteFile(filepath.Join(bin, "az.cmd"), []byte(batch), 0o755); err != nil {
		t.Fatal(err)
	}
	delete(inputs, "credential")
	s := w.step(with(inputs, "auth", "azure-cli"))
	s.Env["WINEPATH"] = there(bin)
	if o := w.start(s); o.exit != 0 || o.Outputs["token"] == "" {
		t.Errorf("exit code %d\n%s", o.exit, o.log())
	}
}

// A program that is ended in the middle of a mint cannot clean up. The post step can:
// what it needs was written before the mint.
func TestWindowsKilledInTheMiddleOfAMint(t *testing.T) {
	t.Parallel()
	w := newWindows(t)
	w.hold()
	with := w.mint()
	w.meanwhile = func(p *os.Process, _ <-chan struct{}) {
		if w.eventually(func() bool { return len(w.active()) == 1 }) {
			formtest.KillTree(p.Pid)
		}
	}
	main := w.run(with)
	if w.meanwhile = nil; main.exit != 128+int(syscall.SIGKILL) || main.Outputs["token"] != "" || len(w.active()) != 1 {
		t.Fatalf("exit code %d, %d alive\n%s", main.exit, len(w.active()), main.log())
	}
	if post := w.post(main, with); post.exit != 0 || len(w.active()) != 0 {
		t.Errorf("the post step: exit code %d, %d alive\n%s", post.exit, len(w.active()), post.log())
	}
}
