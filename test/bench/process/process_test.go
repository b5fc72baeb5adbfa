//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadExports(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, []byte("# fake\nexport A='1 2'\nexport B='x=y'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readExports(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "1 2", "B": "x=y"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// builtHere returns a bench with its programs, in the test's own directories.
func builtHere(t *testing.T) *bench {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{root: root, dir: t.TempDir()}
	if err := b.build(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestCounted lets the plain program mint a PAT, and checks what was counted.
func TestCounted(t *testing.T) {
	t.Parallel()
	b := builtHere(t)
	s, err := b.serve(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	o := patOperations()[0]
	j := job{s: s, roots: roots{file: s.env["AZSTEP_CA_FILE"]}}
	took, err := b.counted(t.Context(), s, byBaseline(b, o, j), o.proof)
	if err != nil || took.requests != 1 || took.connections != 1 || took.wall <= 0 || took.cpu <= 0 || took.memory < 1 || took.memory > 100 {
		t.Errorf("%+v, %v", took, err)
	}
	j.roots.file = "" // the system's roots, which do not include the emulator's
	if _, err := b.counted(t.Context(), s, byBaseline(b, o, j), o.proof); err == nil {
		t.Error("a program that fails was measured")
	}
	if _, err := b.counted(t.Context(), s, program{path: b.built("baseline")}, o.proof); err == nil {
		t.Error("a program that does nothing was measured")
	}
}

// TestEveryOperationCanBeMeasured has azstep, a plain program and the tools that are
// here do each operation once.
func TestEveryOperationCanBeMeasured(t *testing.T) {
	t.Parallel()
	b := builtHere(t)
	b.azstep, b.found = b.built("azstep"), map[string]string{}
	if err := b.goBuild(t.Context(), b.root, "."); err != nil {
		t.Fatal(err)
	}
	s, err := b.serve(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	entrants := contestants()[:4]
	for name, tools := range map[string][]string{curl: {"curl"}, glue: {"curl", "jq"}} {
		for _, tool := range tools {
			if err := b.locate(name, tool); err != nil {
				entrants = slices.DeleteFunc(entrants, func(c contestant) bool { return c.name == name })
			}
		}
	}
	for _, o := range operations() {
		for _, c := range entrants {
			if !c.has(o) {
				continue
			}
			if _, err := b.once(t.Context(), c, o, job{s: s, roots: roots{file: s.env["AZSTEP_CA_FILE"]}}); err != nil {
				t.Errorf("%s by %s: %v", o.name, c.name, err)
			}
		}
	}
}

// TestMemory measures a process that is larger than those that start it.
func TestMemory(t *testing.T) {
	t.Parallel()
	large, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	took, err := builtHere(t).run(t.Context(), program{path: large, args: []string{"list", "std"}, env: []string{"HOME=" + t.TempDir()}})
	if err != nil || took.memory < 8 || took.memory > 1000 {
		t.Errorf("%+v, %v", took, err)
	}
}

func TestWriteLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	if err := writeLog(path, 20<<20); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 20<<20 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestFresh(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := &bench{dir: dir}
	ours := filepath.Join(dir, "ours")
	if err := os.WriteFile(ours, []byte("program"), 0o700); err != nil {
		t.Fatal(err)
	}
	path, remove, err := b.fresh(ours)
	if err != nil || path == ours || filepath.Base(path) != "ours" {
		t.Fatalf("%s, %v", path, err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "program" {
		t.Errorf("%q, %v", text, err)
	}
	remove()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the copy is left: %v", err)
	}
	if theirs, _, err := b.fresh("/bin/sh"); err != nil || theirs != "/bin/sh" {
		t.Errorf("%s, %v", theirs, err)
	}
}
