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

// kept returns the saved values by name.
func kept(all Saved) map[string]string {
	found := map[string]string{}
	for _, e := range all.Entries {
		found[e.Key] = e.Value
	}
	return found
}

// A value that was saved must come back in the environment that the host gives to
// later steps.
func TestSaveAndSaved(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env  string
		kind Kind
		next func(t *testing.T, h fixture) map[string]string // a later step's environment
		want map[string]string
	}{
		"action": {"INPUT_OPERATION=mint-pat", GitHub, func(t *testing.T, h fixture) map[string]string {
			next := handedBack(t, h, "GITHUB_STATE", "STATE_")
			next["INPUT_OPERATION"] = "mint-pat"
			next["STATE_AZSTEP_LEASE_00000001"], next["AZSTEP_LEASE_00000002"] = "set by another step", "set by another step"
			return next
		}, map[string]string{StateKey: intent}},
		"run step": {"GITHUB_ACTION=__run_2 INPUT_OPERATION=set-by-another-step STATE_AZSTEP=set-by-another-step", GitHub, func(t *testing.T, h fixture) map[string]string {
			next := handedBack(t, h, "GITHUB_ENV", "")
			maps.Copy(next, environ("GITHUB_ACTION=__run INPUT_OPERATION=set-by-another-step STATE_AZSTEP=set-by-another-step"))
			return next
		}, map[string]string{lease: intent}},
		"azure":      {"", AzurePipelines, agentVariables, map[string]string{lease: intent}},
		"state file": {"", Local, func(_ *testing.T, h fixture) map[string]string { return h.opts.Env }, map[string]string{lease: intent}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := runner(t)
			maps.Copy(env, environ(c.env))
			env["AZSTEP_STATE_FILE"] = filepath.Join(t.TempDir(), "state.jsonl")
			h := start(Options{Kind: c.kind, Env: env})
			h.Begin(`{"begin":1}`)
			for _, value := range []string{`{"first":1}`, intent} {
				if err := h.Save(lease, value); err != nil {
					t.Fatal(err)
				}
			}
			later := start(Options{Kind: c.kind, Env: c.next(t, h)})
			saved := later.Saved()
			if diff := cmp.Diff(c.want, kept(saved)); diff != "" || len(saved.Problems) > 0 {
				t.Error(saved.Problems, diff)
			}
		})
	}
}

// handedBack returns the variables that the runner makes of a file.
func handedBack(t *testing.T, h fixture, file, prefix string) map[string]string {
	t.Helper()
	next := map[string]string{}
	for _, p := range filePairs(t, h.opts.Env[file]) {
		next[prefix+p[0]] = p[1]
	}
	return next
}

// agentVariables returns the environment that the agent makes of variables, plus a
// macro that it did not expand.
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

// A missing state holds nothing, and another step cannot supply one.
func TestStateThatIsMissing(t *testing.T) {
	t.Parallel()
	for env, problems := range map[string]int{
		"INPUT_OPERATION=mint-pat": 0,
		"INPUT_OPERATION=mint-pat STATE_AZSTEP_LEASE_00000001=x STATE_azstep=x AZSTEP=x": 0,
		"INPUT_OPERATION=mint-pat AZSTEP_LEASE_00000001=x":                               1, // this may be a run: step
	} {
		saved := start(Options{Kind: GitHub, Env: environ(env)}).Saved()
		if len(saved.Entries) > 0 || len(saved.Problems) != problems {
			t.Errorf("%s: %+v", env, saved)
		}
	}
	saved := start(Options{Kind: GitHub, Action: true, Env: environ("AZSTEP_LEASE_00000001=x")}).Saved()
	if len(saved.Entries)+len(saved.Problems) > 0 {
		t.Errorf("certainly an action: %+v", saved)
	}
}

// A value that azstep did not write is a problem, whatever other values exist.
func TestVariablesThatAreForeign(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][2]int{ // numbers of entries and problems on GitHub and on Azure Pipelines
		"AZSTEP_LEASE_0badcafe=x":                         {10, 10},
		"AZSTEP_LEASE_0BADCAFE=x":                         {1, 10},
		"AZSTEP_LEASE_0badcafe=x AZSTEP_LEASE_0BADCAFE=x": {11, 10},
		"AZSTEP_LEASE_0badcafe=x AZSTEP_LEASE_0BADCAFE=y": {11, 21},
		"azstep_lease_0badcafe=x":                         {1, 1},
		"AZSTEP_LEASE_0badcafe=":                          {1, 1},
		"AZSTEP_LEASE_0badcafe=x azstep_lease_0badcafe=":  {11, 11},
		"AZSTEP_LEASE_x=x":                                {1, 1},
		"AZSTEP_LEASE_=x":                                 {1, 1},
		"AZSTEP_LEASE_0badcafe=$(AZSTEP_LEASE_0BADCAFE)":  {0, 0},
		"AZSTEP_LEASE_0badcafe=$(AZSTEP_LEASE_0badcafe)":  {0, 0},
		"AZSTEP_LEASE_0badcafe=$(other)":                  {10, 10},
	} {
		for i, kind := range []Kind{GitHub, AzurePipelines} {
			saved := start(Options{Kind: kind, Env: environ(name)}).Saved()
			if got := 10*len(saved.Entries) + len(saved.Problems); got != want[i] {
				t.Errorf("%s, %s: %+v", name, kind, saved)
			}
		}
	}
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
			t.Errorf("%s: written anyway", kind)
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
	if got := h.Saved(); len(got.Entries)+len(got.Problems)+len(got.Notes) != 0 {
		t.Errorf("without a file: %v", got)
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
	saved := h.Saved()
	if diff := cmp.Diff(map[string]string{lease: intent, "AZSTEP_LEASE_00000002": "2"}, kept(saved)); diff != "" {
		t.Error(diff)
	}
	if len(saved.Notes) != 1 || len(saved.Problems) != 0 {
		t.Errorf("a torn line is not reported: %+v", saved)
	}
}

// A file that others can read, change or choose is rejected, both for writing and
// for reading.
func TestStateFileThatIsNotOursAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes")
	}
	for name, spoil := range map[string]func(t *testing.T, path string) string{
		"readable": func(t *testing.T, path string) string { return must(t, path, os.Chmod(path, 0o644)) },
		"group":    func(t *testing.T, path string) string { return must(t, path, os.Chmod(path, 0o660)) },
		"hard link": func(t *testing.T, path string) string {
			return must(t, path, os.Link(path, path+"2"))
		},
		"link":         func(t *testing.T, path string) string { return must(t, path+"3", os.Symlink(path, path+"3")) },
		"folder":       func(t *testing.T, path string) string { return t.TempDir() },
		"foreign line": func(t *testing.T, path string) string { write(t, path, "rubbish\n"); return path },
		"empty value": func(t *testing.T, path string) string {
			write(t, path, `{"key":"AZSTEP_LEASE_1a2b3c4d","value":""}`+"\n")
			return path
		},
		"other key": func(t *testing.T, path string) string {
			write(t, path, `{"key":"azstep_lease_1a2b3c4d","value":"x"}`+"\n")
			return path
		},
	} {
		path := filepath.Join(t.TempDir(), "state")
		if err := start(Options{Kind: Local, Env: map[string]string{"AZSTEP_STATE_FILE": path}}).Save(lease, intent); err != nil {
			t.Fatal(err)
		}
		h := start(Options{Kind: Local, Env: map[string]string{"AZSTEP_STATE_FILE": spoil(t, path)}})
		if saved := h.Saved(); len(saved.Problems) != 1 {
			t.Errorf("%s: %+v", name, saved)
		}
		isContent := name == "foreign line" || name == "empty value" || name == "other key"
		if err := h.Save(lease, intent); !fault.Is(err, fault.OutputFailed) && !isContent {
			t.Errorf("%s: saved anyway: %v", name, err)
		}
	}
}

func must(t *testing.T, path string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
