package input

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
)

// NewFile replaces the file that an input names, but only once it is complete. If
// the run fails or is killed before that, the old file stays unchanged.
type NewFile struct {
	*os.File
	at   place
	temp string // its name until it is complete
	done bool
}

// Create begins the file that an input names under another name in the same
// directory, with mode 0600 and owned by the workspace's owner. Only a regular file
// can be replaced. End with Commit or Discard.
func (w Workspace) Create(name, path string) (*NewFile, error) {
	p, err := w.find(path)
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	f, err := p.create(w.Root)
	if err != nil {
		p.close()
		return nil, fileProblem(name, path, err)
	}
	return f, nil
}

func (p place) create(owner string) (*NewFile, error) {
	if _, err := p.look(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	temp := tempName()
	file, err := p.dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	f := &NewFile{File: file, at: p, temp: temp}
	if err := errors.Join(file.Chmod(0o600), giveTo(file, owner)); err != nil {
		_ = file.Close()
		_ = p.dir.Remove(temp)
		return nil, err
	}
	return f, nil
}

// tempName returns a name that begins with a dot, so that file patterns for reports
// do not match it.
func tempName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return ".azstep-" + hex.EncodeToString(b) + ".tmp"
}

// Commit replaces the old file with the new one. If the file cannot be written
// completely, it is discarded.
func (f *NewFile) Commit() error {
	if f.done {
		return nil
	}
	if err := f.File.Close(); err != nil {
		f.Discard()
		return err
	}
	if err := f.at.dir.Rename(f.temp, f.at.name); err != nil {
		f.Discard()
		return err
	}
	f.done = true
	f.at.close()
	return nil
}

// Discard removes the file unless it was committed.
func (f *NewFile) Discard() {
	if f.done {
		return
	}
	f.done = true
	_ = f.File.Close() // Commit may already have closed it
	_ = f.at.dir.Remove(f.temp)
	f.at.close()
}
