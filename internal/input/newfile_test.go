package input

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

// checkout is a workspace with an old report, and beside it a directory that must
// not change.
func checkout(t *testing.T) (w Workspace, outside string) {
	t.Helper()
	outer := t.TempDir()
	root, outside := filepath.Join(outer, "ws"), filepath.Join(outer, "outside")
	err := errors.Join(os.MkdirAll(filepath.Join(root, "out"), 0o700), os.Mkdir(outside, 0o700))
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(root, "out", "report.json"), "old")
	return NewWorkspace(map[string]string{"GITHUB_WORKSPACE": root}, root), outside
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", filepath.Base(path), got, err, want)
	}
}

func contains(t *testing.T, dir string, want int) {
	t.Helper()
	if entries, err := os.ReadDir(dir); len(entries) != want {
		t.Errorf("%s has %v, %v; want %d", dir, entries, err, want)
	}
}

func TestReplacesTheFileWhenItIsWhole(t *testing.T) {
	t.Parallel()
	w, _ := checkout(t)
	report := filepath.Join(w.Root, "out", "report.json")
	for _, end := range []func(*NewFile) error{
		func(f *NewFile) error { f.Discard(); return nil },
		func(f *NewFile) error { f.Discard(); return f.Commit() },
	} {
		f := create(t, w, "half")
		if err := end(f); err != nil {
			t.Error(err)
		}
		holds(t, report, "old")
		contains(t, filepath.Dir(report), 1)
	}
	f := create(t, w, "whole")
	holds(t, report, "old")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	holds(t, report, "whole")
	contains(t, filepath.Dir(report), 1)
}

func create(t *testing.T, w Workspace, text string) *NewFile {
	t.Helper()
	f, err := w.Create("report-file", "out/report.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	return f
}

// If the file has a second name outside the workspace, only the name in the
// workspace is replaced; the content and mode of the other stay unchanged.
func TestHardLinksAreNotWritten(t *testing.T) {
	t.Parallel()
	w, outside := checkout(t)
	victim, report := filepath.Join(outside, "victim"), filepath.Join(w.Root, "out", "report.json")
	put(t, victim, "victim")
	if err := errors.Join(os.Remove(report), os.Link(victim, report)); err != nil {
		t.Skip("no hard links here: ", err)
	}
	before, err := os.Stat(victim)
	if err != nil {
		t.Fatal(err)
	}
	if err := create(t, w, "report").Commit(); err != nil {
		t.Fatal(err)
	}
	holds(t, victim, "victim")
	holds(t, report, "report")
	if after, err := os.Stat(victim); err != nil || after.Mode() != before.Mode() {
		t.Errorf("the mode is %v, %v", after.Mode(), err)
	}
}

func TestNothingElseIsReplaced(t *testing.T) {
	t.Parallel()
	w, outside := checkout(t)
	put(t, filepath.Join(outside, "victim"), "victim")
	for path, make := range map[string]func(string) error{
		"link.json":     func(p string) error { return os.Symlink(filepath.Join(outside, "victim"), p) },
		"nowhere.json":  func(p string) error { return os.Symlink(filepath.Join(outside, "new"), p) },
		"dir.json":      func(p string) error { return os.Mkdir(p, 0o700) },
		"linked/r.json": func(p string) error { return os.Symlink(outside, filepath.Dir(p)) },
	} {
		if err := make(filepath.Join(w.Root, filepath.FromSlash(path))); err != nil {
			t.Skip("no links here: ", err)
		}
		if f, err := w.Create("report-file", path); fault.From(err) == nil || fault.From(err).Input != "report-file" {
			t.Errorf("%s: %v, %v", path, f, err)
		}
	}
	holds(t, filepath.Join(outside, "victim"), "victim")
	contains(t, outside, 1)
}

// FuzzNewFile checks that a report is the whole new text after Commit, and the old one
// after Discard, with nothing beside it, and that no path leaves the workspace.
func FuzzNewFile(f *testing.F) {
	f.Add("out/report.json", []byte("new"), true)
	f.Add("../outside/report.json", []byte(""), true)
	f.Add("out/../out/./report.json", []byte("\x00"), false)
	f.Add("out/new/../../..//outside/x", []byte("x"), true)
	f.Add("out\\report.json", []byte("x"), true)
	f.Fuzz(func(t *testing.T, path string, text []byte, keep bool) {
		if filepath.IsAbs(path) || filepath.VolumeName(path) != "" {
			t.Skip("a path of this machine")
		}
		w, outside := checkout(t)
		file, err := w.Create("report-file", path)
		if err == nil {
			_, err = file.Write(text)
			if keep {
				err = errors.Join(err, file.Commit())
			}
			file.Discard()
			if got, failed := os.ReadFile(filepath.Join(w.Root, path)); err != nil || keep && (failed != nil || string(got) != string(text)) {
				t.Errorf("%q holds %q, %v, %v; want %q", path, got, err, failed, text)
			}
		} else if fault.From(err).Input != "report-file" {
			t.Errorf("%q: the error does not name the input: %v", path, err)
		}
		contains(t, outside, 0)
		if left, _ := filepath.Glob(filepath.Join(w.Root, "*", ".azstep-*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
		if filepath.Clean(path) != filepath.Join("out", "report.json") || err != nil || !keep {
			holds(t, filepath.Join(w.Root, "out", "report.json"), "old")
		}
	})
}
