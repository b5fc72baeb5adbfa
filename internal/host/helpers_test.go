package host

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// fixture is a Host whose streams are kept.
type fixture struct {
	*Host
	stdout, stderr *bytes.Buffer
}

func start(o Options) fixture {
	f := fixture{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)}
	if o.Stdout == nil {
		o.Stdout = f.stdout
	}
	if o.Stderr == nil {
		o.Stderr = f.stderr
	}
	if o.Env == nil {
		o.Env = map[string]string{}
	}
	f.Host = New(o)
	return f
}

// runner is the environment that actions/runner gives a step: fresh, empty files.
func runner(t testing.TB) map[string]string {
	t.Helper()
	env := map[string]string{"GITHUB_ACTIONS": "true"}
	for _, key := range []string{"GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		env[key] = filepath.Join(t.TempDir(), key)
		write(t, env[key], "")
	}
	return env
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// filePairs reads a file command's file back.
func filePairs(t testing.TB, path string) [][2]string {
	t.Helper()
	text := read(t, path)
	pairs, err := fileCommands(text)
	if err != nil {
		t.Fatal(err)
	}
	if !actAccepts(text) {
		t.Fatalf("act refuses %q", text)
	}
	return pairs
}

// closedPipe is a pipe that nobody reads any more.
func closedPipe(t testing.TB) io.Writer {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// fullDisk is a file on a disk without room.
func fullDisk(t testing.TB) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// short writes at most n bytes of each text, without an error.
type short struct {
	bytes.Buffer
	n int
}

func (s *short) Write(p []byte) (int, error) { return s.Buffer.Write(p[:min(s.n, len(p))]) }

var kinds = []Kind{GitHub, AzurePipelines, Local}
