package host

import (
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

const (
	lease  = "AZSTEP_LEASE_1a2b3c4d"
	intent = `{"kind":"pat","base":"https://vssps.dev.azure.com/x","name":"a;]%#'"}`
)

// What is saved comes back as the host hands it on.
func TestSaveAndSaved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  string
		kind Kind
		next func(t *testing.T, h fixture) map[string]string // a later step's environment
	}{
		"action": {"INPUT_OPERATION=mint-pat", GitHub, func(t *testing.T, h fixture) map[string]string {
			next := handedBack(t, h, "GITHUB_STATE", "STATE_")
			next["INPUT_OPERATION"] = "mint-pat"
			return next
		}},
		"post without inputs": {"INPUT_OPERATION=mint-pat", GitHub, func(t *testing.T, h fixture) map[string]string {
			return handedBack(t, h, "GITHUB_STATE", "STATE_")
		}},
		"run step": {"", GitHub, func(t *testing.T, h fixture) map[string]string {
			next := handedBack(t, h, "GITHUB_ENV", "")
			delete(next, "AZSTEP_LEASE_00000000")
			return next
		}},
		"azure":      {"", AzurePipelines, agentVariables},
		"state file": {"", Local, func(_ *testing.T, h fixture) map[string]string { return h.opts.Env }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := runner(t)
			maps.Copy(env, environ(c.env))
			env["AZSTEP_STATE_FILE"] = filepath.Join(t.TempDir(), "state.jsonl")
			h := start(Options{Kind: c.kind, Env: env})
			for _, save := range [][2]string{{lease, `{"first":1}`}, {"AZSTEP_LEASE_ffffffff", "{}"}, {lease, intent}, {"AZSTEP_LEASE_ffffffff", ""}} {
				if err := h.Save(save[0], save[1]); err != nil {
					t.Fatal(err)
				}
			}
			later := start(Options{Kind: c.kind, Env: c.next(t, h)})
			if diff := cmp.Diff(map[string]string{lease: intent}, later.Saved()); diff != "" {
				t.Error(diff)
			}
			if later.stdout.Len()+later.stderr.Len() > 0 {
				t.Errorf("unasked: %s%s", later.stdout, later.stderr)
			}
		})
	}
}

// handedBack is what the runner makes of a file, beside a lease that another
// step of the job put into the environment.
func handedBack(t *testing.T, h fixture, file, prefix string) map[string]string {
	t.Helper()
	next := map[string]string{"AZSTEP_LEASE_00000000": "set by another step"}
	for _, p := range filePairs(t, h.opts.Env[file]) {
		next[prefix+p[0]] = p[1]
	}
	return next
}

// agentVariables is the environment that the agent makes of variables, beside
// a macro that it did not expand.
func agentVariables(t *testing.T, h fixture) map[string]string {
	t.Helper()
	next := map[string]string{"AZSTEP_LEASE_00000000": "$(AZSTEP_LEASE_00000000)"}
	for _, line := range lines(h.stdout.String()) {
		c, _ := agentCommand(line)
		if diff := cmp.Diff(map[string]string{"variable": c.Props["variable"]}, c.Props); diff != "" || c.Name != "task.setvariable" {
			t.Errorf("%q: %s", line, diff)
		}
		next[strings.ToUpper(c.Props["variable"])] = c.Data
	}
	return next
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		env := runner(t)
		env["AZSTEP_STATE_FILE"] = filepath.Join(t.TempDir(), "state")
		h := start(Options{Kind: kind, Env: env, Exec: true})
		h.Hide(pat)
		h.stderr.Reset()
		for _, save := range [][2]string{
			{"PATH", "{}"}, {"AZSTEP_LEASE_a=b", "{}"}, {"AZSTEP_LEASE_a\nb", "{}"}, {lease, "a\nb"}, {lease, "a\rb"}, {lease, `{"name":"` + pat + `"}`},
		} {
			if err := h.Save(save[0], save[1]); !fault.Is(err, fault.OutputFailed) || strings.Contains(err.Error(), pat) {
				t.Errorf("%s: Save(%q, %q) = %v", kind, save[0], save[1], err)
			}
		}
		if h.stdout.Len()+h.stderr.Len() > 0 || read(t, env["GITHUB_ENV"]) != "" {
			t.Errorf("%s: written all the same", kind)
		}
	}
}

func TestSaveThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	fullDisk(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind Kind
		env  string
	}{
		{GitHub, "GITHUB_ENV=/dev/full"},
		{GitHub, "INPUT_OPERATION= GITHUB_STATE=/dev/full"},
		{GitHub, "INPUT_OPERATION= GITHUB_ENV=/dev/null"},
		{Local, "AZSTEP_STATE_FILE=/dev/full"},
		{Local, "AZSTEP_STATE_FILE=/nowhere/state"},
		{Local, "AZSTEP_STATE_FILE=" + link},
	} {
		if err := start(Options{Kind: c.kind, Env: environ(c.env)}).Save(lease, intent); !fault.Is(err, fault.OutputFailed) {
			t.Errorf("%s %s: %v", c.kind, c.env, err)
		}
	}
	if err := start(Options{Kind: AzurePipelines, Stdout: fullDisk(t)}).Save(lease, intent); !fault.Is(err, fault.OutputFailed) {
		t.Errorf("azure: %v", err)
	}
}

func TestStateFileIsPrivateAndSurvivesHalfALine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state")
	env := map[string]string{"AZSTEP_STATE_FILE": path}
	h := start(Options{Kind: Local, Env: env})
	if got := h.Saved(); len(got) != 0 || h.stderr.Len() > 0 {
		t.Errorf("without a file: %v, %s", got, h.stderr)
	}
	if err := h.Save(lease, intent); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	want := `{"key":"AZSTEP_LEASE_1a2b3c4d","value":"{\"kind\":\"pat\",\"base\":\"https://vssps.dev.azure.com/x\",\"name\":\"a;]%#'\"}"}` + "\n"
	if diff := cmp.Diff(want, read(t, path)); diff != "" {
		t.Error(diff)
	}
	write(t, path, want+`{"key":"AZSTEP_LEASE_0000`)
	if err := h.Save("AZSTEP_LEASE_00000002", "2"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{lease: intent, "AZSTEP_LEASE_00000002": "2"}, h.Saved()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(h.stderr.String(), "warning: ") {
		t.Errorf("half a line is not told of: %q", h.stderr)
	}
}

func TestSavedWarnsOfWhatItCannotRead(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local, Env: map[string]string{"AZSTEP_STATE_FILE": t.TempDir()}})
	if got := h.Saved(); len(got) != 0 || !strings.HasPrefix(h.stderr.String(), "warning: ") {
		t.Errorf("%v, %q", got, h.stderr)
	}
}
