//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// newEmulator serves on this machine's loopback address, for containers in its
// network.
func newEmulator(t *testing.T) *emulator.Server {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// active returns the PATs that are valid.
func active(s *emulator.Server) []emulator.PAT {
	return slices.DeleteFunc(s.PATs(), func(p emulator.PAT) bool { return p.State != "active" })
}

// eventually waits until done returns true.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what, "did not happen")
		}
	}
}

// noLeak searches what a step wrote for a secret, in all its forms.
func noLeak(t *testing.T, where string, written []byte, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if found := hosttest.Leaks(written, secret); found != nil {
			t.Errorf("%s contains a secret: %q", where, found)
		}
	}
}

// folder creates a directory that anyone may write to, as a mount for a container
// with its own users.
func folder(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
