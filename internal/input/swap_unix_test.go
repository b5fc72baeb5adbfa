//go:build unix

package input

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
)

// swapped keeps replacing a directory of the workspace with a link to outside and
// back, until the test ends.
func swapped(t *testing.T, w Workspace, outside string) {
	t.Helper()
	dir, aside := filepath.Join(w.Root, "out"), filepath.Join(w.Root, "aside")
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Rename(dir, aside)
			_ = os.Symlink(outside, dir)
			_ = os.Remove(dir)
			_ = os.Rename(aside, dir)
		}
	})
	t.Cleanup(func() { close(stop); work.Wait() })
}

// Another process may replace a directory of the workspace while azstep opens a file
// in it. Nothing outside the workspace must be read or written.
func TestDirectorySwappedForALink(t *testing.T) {
	t.Parallel()
	w, outside := checkout(t)
	put(t, filepath.Join(outside, "report.json"), "victim")
	swapped(t, w, outside)
	for range 20_000 {
		if got, err := w.ReadFile("policy", "out/report.json", 100); err == nil && string(got) == "victim" {
			t.Fatal("read a file outside the workspace")
		}
		f, err := w.Create("report-file", "out/report.json")
		if err != nil {
			continue
		}
		_, _ = f.WriteString("report")
		_ = f.Commit()
	}
	holds(t, filepath.Join(outside, "report.json"), "victim")
	contains(t, outside, 1)
}

// azstep must not write to a pipe that has a reader, or wait forever for one that
// has no writer.
func TestPipesAreRefused(t *testing.T) {
	t.Parallel()
	w, _ := checkout(t)
	pipe := filepath.Join(w.Root, "pipe.json")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Skip(err)
	}
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := w.Create("report-file", "pipe.json"); err == nil {
		t.Error("a pipe was opened for writing")
	}
	for _, read := range []func(string, string, int64) ([]byte, error){w.ReadFile, w.ReadLinked} {
		if _, err := read("policy", pipe, 100); err == nil {
			t.Error("a pipe was read")
		}
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode().Perm()&0o044 == 0 {
		t.Errorf("the pipe's mode was changed: %v, %v", info.Mode(), err)
	}
}
