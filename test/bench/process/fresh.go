//go:build unix

package main

import (
	"io"
	"os"
	"path/filepath"
)

// fresh returns a new copy of a program that was built here, or the path of any
// other program. The location of a file's pages in memory accounts for up to a sixth
// of so short a run, and stays the same for as long as the file exists: a copy for
// each run averages this. Programs also get onto a machine by being copied; a file
// as the linker wrote it starts more slowly.
func (b *bench) fresh(path string) (copied string, remove func(), err error) {
	if path != b.azstep && filepath.Dir(path) != b.dir {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp(b.dir, "fresh-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	copied = filepath.Join(dir, filepath.Base(path))
	if err := copyProgram(copied, path); err != nil {
		remove()
		return "", nil, err
	}
	return copied, remove, nil
}

func copyProgram(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
