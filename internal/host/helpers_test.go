package host

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// fixture is a Host whose streams can be read.
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

// runner returns the environment in which actions/runner starts a step, with empty
// files.
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

// filePairs parses a file command's file.
func filePairs(t testing.TB, path string) [][2]string {
	t.Helper()
	text := read(t, path)
	pairs, err := fileCommands(text)
	if err != nil {
		t.Fatal(err)
	}
	if !actAccepts(text) {
		t.Fatalf("act rejects %q", text)
	}
	return pairs
}

// closedPipe returns a pipe whose reader is closed.
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

// fullDisk returns a file on a full disk.
func fullDisk(t testing.TB) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("this system has no /dev/full")
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// short writes at most n bytes of each text, and returns no error.
type short struct {
	bytes.Buffer
	n int
}

func (s *short) Write(p []byte) (int, error) { return s.Buffer.Write(p[:min(s.n, len(p))]) }

var kinds = []Kind{GitHub, AzurePipelines, Local}
