package host

import (
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

const pat = "FAKE-PAT-0001"

func TestGitHubPublish(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	err := h.Publish([]Output{
		{Name: "token", Value: pat, Secret: true},
		{Name: "valid-to", Value: "2026-01-01T00:00:00Z"},
		{Name: "report", Value: "line 1\nline 2\n"},
		{Name: "empty"},
	}, EnvVar{"AZSTEP_TOKEN", pat})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{"token", pat}, {"valid-to", "2026-01-01T00:00:00Z"}, {"report", "line 1\nline 2\n"}, {"empty", ""}}
	if diff := cmp.Diff(want, filePairs(t, env["GITHUB_OUTPUT"])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][2]string{{"AZSTEP_TOKEN", pat}}, filePairs(t, env["GITHUB_ENV"])); diff != "" {
		t.Error(diff)
	}
	if first, _ := runnerCommand(lines(h.stdout.String())[0]); first.Name != "add-mask" {
		t.Errorf("the first line is %+v, not a mask", first)
	}
	if h.stderr.Len() > 0 {
		t.Errorf("stderr: %q", h.stderr)
	}
}

// Neither an output's value nor text that a script left in the file may become
// another output.
func FuzzOutputsFile(f *testing.F) {
	f.Add("x\nEOF\nadmin=true\n", "a<<EOF\n1\nEOF\n")
	f.Add("\r\n\r\n", "a=b")
	f.Add("", "")
	f.Add("\n", "\n\n")
	f.Add("a<<b\n\xff", "a=<<")
	path := filepath.Join(f.TempDir(), "output")
	f.Fuzz(func(t *testing.T, value, before string) {
		earlier, err := fileCommands(before)
		if err != nil {
			t.Skip("the runner would reject the existing content")
		}
		write(t, path, before)
		h := start(Options{Kind: GitHub, Env: map[string]string{"GITHUB_OUTPUT": path}})
		if err := h.Publish([]Output{{Name: "one", Value: value}, {Name: "two", Value: "2"}}); err != nil {
			t.Fatal(err)
		}
		want := append(earlier, [2]string{"one", value}, [2]string{"two", "2"})
		got, err := fileCommands(read(t, path))
		if diff := cmp.Diff(want, got); diff != "" || err != nil || actAccepts(before) && !actAccepts(read(t, path)) {
			t.Fatal(err, diff)
		}
	})
}

func FuzzRunnerCommand(f *testing.F) {
	f.Add("error: x", "50% of a,b\r\n::c")
	f.Add("%0A", "%250A")
	f.Fuzz(func(t *testing.T, title, text string) {
		if strings.TrimSpace(title) != title || title == "" {
			t.Skip("a fault code has no white space")
		}
		line := newGitHub(start(Options{Kind: GitHub}).Host).line(note{level: Failure, code: title, file: title, line: 7, text: text})
		want := parsed{"error", map[string]string{"title": title, "file": title, "line": "7"}, text}
		got, _ := runnerCommand(line)
		if diff := cmp.Diff(want, got); diff != "" || len(lines(line+"\n")) != 1 {
			t.Fatalf("%q: %s", line, diff)
		}
	})
}

func TestMasksReadBack(t *testing.T) {
	t.Parallel()
	for kind, parse := range map[Kind]func(string) (parsed, bool){GitHub: runnerCommand, AzurePipelines: agentCommand} {
		for _, secret := range []string{pat, "a%0Ab;]%25c", "##vso[task.x]::y", "both\nlines of it"} {
			h := start(Options{Kind: kind})
			h.Hide(secret)
			h.Hide(secret)
			h.Hide("")
			var registered []string
			for _, line := range lines(h.stdout.String()) {
				c, ok := parse(line)
				if name := map[Kind]string{GitHub: "add-mask", AzurePipelines: "task.setsecret"}[kind]; !ok || c.Name != name {
					t.Fatalf("%s: %q is %+v", kind, line, c)
				}
				registered = append(registered, c.Data)
			}
			all := "\n" + strings.Join(registered, "\n\n") + "\n"
			for part := range strings.SplitSeq(secret, "\n") {
				if strings.Count(all, "\n"+part+"\n") != 1 {
					t.Errorf("%s: %q is not registered once in %q", kind, part, all)
				}
			}
			if h.Err() != nil {
				t.Error(h.Err())
			}
		}
	}
}

func TestGitHubPublishIsAllOrNothing(t *testing.T) {
	t.Parallel()
	fullDisk(t)
	outputs := []Output{{Name: "token", Value: pat, Secret: true}}
	for name, broken := range map[string]func(env map[string]string){
		"no room for the environment": func(env map[string]string) { env["GITHUB_ENV"] = "/dev/full" },
		"environment file missing":    func(env map[string]string) { env["GITHUB_ENV"] += ".gone" },
		"environment file not set":    func(env map[string]string) { delete(env, "GITHUB_ENV") },
	} {
		env := runner(t)
		path := env["GITHUB_OUTPUT"]
		write(t, path, "earlier=1")
		broken(env)
		err := start(Options{Kind: GitHub, Env: env}).Publish(outputs, EnvVar{"AZSTEP_TOKEN", pat})
		if !fault.Is(err, fault.OutputFailed) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), pat) {
			t.Errorf("%s: the error contains the secret: %v", name, err)
		}
		if got := read(t, path); got != "earlier=1" {
			t.Errorf("%s: the outputs file holds %q", name, got)
		}
	}
}

func TestGitHubOutputsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	fullDisk(t)
	for _, path := range []string{"", "/dev/full", t.TempDir(), t.TempDir() + "/gone"} {
		env := runner(t)
		env["GITHUB_OUTPUT"] = path
		h := start(Options{Kind: GitHub, Env: env})
		if err := h.Publish([]Output{{Name: "a", Value: "b"}}); !fault.Is(err, fault.OutputFailed) {
			t.Errorf("GITHUB_OUTPUT=%q: %v", path, err)
		}
		ready := h.Ready()
		if path != "/dev/full" && !fault.Is(ready, fault.OutputFailed) {
			t.Errorf("Ready accepts GITHUB_OUTPUT=%q", path)
		}
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		if h := start(Options{Kind: kind, Env: runner(t)}); h.Ready() != nil || h.Kind() != kind {
			t.Errorf("%s: %v", h.Kind(), h.Ready())
		}
	}
	for _, key := range []string{"GITHUB_STATE", "GITHUB_ENV"} {
		env := runner(t)
		env[key] += ".gone"
		if err := start(Options{Kind: GitHub, Env: env}).Ready(); !fault.Is(err, fault.OutputFailed) {
			t.Errorf("%s is missing: %v", key, err)
		}
	}
	env := runner(t)
	delete(env, "GITHUB_OUTPUT")
	if err := start(Options{Kind: GitHub, Env: env, Exec: true}).Ready(); err != nil {
		t.Errorf("exec needs no outputs: %v", err)
	}
}

func TestNamesCannotBeMoreThanNames(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		for _, name := range []string{"", "a=b", "a<<b", "a\nb", "1a", "-a", "a]b", "a;b", "é"} {
			h := start(Options{Kind: kind, Env: runner(t)})
			if err := h.Publish([]Output{{Name: name}}); !fault.Is(err, fault.OutputFailed) {
				t.Errorf("%s: output %q: %v", kind, name, err)
			}
			if err := h.Publish(nil, EnvVar{name, "x"}); !fault.Is(err, fault.OutputFailed) {
				t.Errorf("%s: variable %q: %v", kind, name, err)
			}
			if h.stdout.Len() > 0 {
				t.Errorf("%s: %q was written: %s", kind, name, h.stdout)
			}
		}
	}
}

// A secret must not be delivered if its mask was not registered.
func TestNoMaskNoSecret(t *testing.T) {
	t.Parallel()
	for _, kind := range []Kind{GitHub, AzurePipelines} {
		env := runner(t)
		h := start(Options{Kind: kind, Env: env, Stdout: closedPipe(t)})
		h.Hide(pat)
		if err := h.Err(); err == nil || !strings.Contains(err.Error(), syscall.EPIPE.Error()) && runtime.GOOS != "windows" {
			t.Errorf("%s: Err() = %v", kind, err)
		}
		for what, err := range map[string]error{
			"Publish": h.Publish([]Output{{Name: "token", Value: pat, Secret: true}}),
			"Save":    h.Save("AZSTEP_LEASE_00000001", "{}"),
			"Ready":   h.Ready(),
		} {
			if !fault.Is(err, fault.OutputFailed) {
				t.Errorf("%s: %s after a mask was lost: %v", kind, what, err)
			}
		}
		if got := read(t, env["GITHUB_OUTPUT"]) + read(t, env["GITHUB_ENV"]); got != "" {
			t.Errorf("%s: written anyway: %q", kind, got)
		}
	}
}

func TestDebugLinesOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"github RUNNER_DEBUG=1":             "::debug::x 1\n",
		"github RUNNER_DEBUG=0":             "",
		"azure-pipelines SYSTEM_DEBUG=True": "##vso[task.debug]x 1\n",
		"azure-pipelines":                   "",
		"local AZSTEP_DEBUG=true":           "debug: x 1\n",
		"local RUNNER_DEBUG=1":              "",
	} {
		kind, rest, _ := strings.Cut(env, " ")
		h := start(Options{Kind: Kind(kind), Env: environ(rest)})
		h.Debugf("x %d", 1)
		if got := h.stdout.String() + h.stderr.String(); got != want {
			t.Errorf("%s: %q, want %q", env, got, want)
		}
	}
}
