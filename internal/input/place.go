package input

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

var (
	errLink       = errors.New("it is a symbolic link, or its path contains one")
	errNotRegular = errors.New("it is not a regular file")
)

// place is a file name in a directory that is kept open, so that nobody can replace
// the directory between a check and the use.
type place struct {
	dir  *os.Root
	name string
}

func (p place) close() { _ = p.dir.Close() }

// openPlace opens a directory whose path is trusted.
func openPlace(full string) (place, error) {
	dir, err := os.OpenRoot(filepath.Dir(full))
	return place{dir, filepath.Base(full)}, err
}

// descend opens each directory from root down to the file's and follows no links,
// because a workspace may contain files from anyone.
func descend(root, rel string) (place, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return place{}, err
	}
	parent, name := filepath.Split(rel)
	for part := range strings.FieldsFuncSeq(parent, func(r rune) bool { return r == filepath.Separator }) {
		next, err := enter(dir, part)
		_ = dir.Close()
		if err != nil {
			return place{}, err
		}
		dir = next
	}
	return place{dir, name}, nil
}

// enter opens a directory in dir. os.Root would follow a link that stays within it,
// so enter checks that the directory it opened is the one that Lstat saw. To Lstat,
// a junction on Windows is not a directory.
func enter(dir *os.Root, name string) (*os.Root, error) {
	seen, err := dir.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case seen.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		return nil, errLink
	}
	next, err := dir.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if opened, err := next.Stat("."); err != nil || !os.SameFile(seen, opened) {
		_ = next.Close()
		return nil, errLink
	}
	return next, nil
}

// look returns the information about the file, which must be a regular one.
func (p place) look() (fs.FileInfo, error) {
	seen, err := p.dir.Lstat(p.name)
	switch {
	case err != nil:
		return nil, err
	case seen.Mode()&fs.ModeSymlink != 0:
		return nil, errLink
	case !seen.Mode().IsRegular():
		return nil, errNotRegular
	}
	return seen, nil
}

// open opens the file for reading. If a pipe has replaced the file since the check,
// it does not wait for a writer.
func (p place) open() (*os.File, error) {
	seen, err := p.look()
	if err != nil {
		return nil, err
	}
	f, err := p.dir.OpenFile(p.name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(seen, opened) {
		return nil, errors.Join(errLink, f.Close())
	}
	return f, nil
}
