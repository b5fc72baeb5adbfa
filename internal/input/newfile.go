package input

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
)

// NewFile takes the place of the file that an input names once it is whole. Until
// then, and for ever when the run fails or is killed, the old file stays as it is.
type NewFile struct {
	*os.File
	at   place
	temp string // its name until it is whole
	done bool
}

// Create begins the file that an input names, with mode 0600 and owned by the
// workspace's owner, under another name in the same directory. Nothing but a
// regular file can be replaced. It ends with Commit or Discard.
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

// tempName begins with a dot, so that no pattern for reports matches it.
func tempName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return ".azstep-" + hex.EncodeToString(b) + ".tmp"
}

// Commit puts the file into the place of the old one. A file that cannot be
// written to its end is discarded.
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

// Discard removes the file, unless it was committed.
func (f *NewFile) Discard() {
	if f.done {
		return
	}
	f.done = true
	_ = f.File.Close() // Commit may have closed it
	_ = f.at.dir.Remove(f.temp)
	f.at.close()
}
