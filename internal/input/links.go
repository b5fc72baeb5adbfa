package input

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is the number of symbolic links that a path may contain, as in Linux.
const maxLinks = 40

// findLinked is find for a file that may be reached through symbolic links, as long
// as these are outside the workspace.
func (w Workspace) findLinked(path string) (place, error) {
	if !filepath.IsAbs(path) || w.holds(path) || strings.ContainsRune(path, 0) {
		return w.find(path)
	}
	root, err := filepath.EvalSymlinks(w.Root)
	if err != nil {
		return place{}, err
	}
	resolved := Workspace{Root: root, Dir: root}
	full, err := resolved.follow(path)
	if err != nil {
		return place{}, err
	}
	if resolved.holds(full) {
		return resolved.find(full)
	}
	return openPlace(full)
}

// follow resolves the symbolic links in an absolute path. It rejects links in the
// workspace.
func (w Workspace) follow(path string) (string, error) {
	at, rest := beginning(path)
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, part)
		info, err := os.Lstat(next)
		switch {
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0:
			at = next
			continue
		case w.holds(next):
			return "", errLink
		}
		if links++; links > maxLinks {
			return "", errors.New("its path contains too many symbolic links")
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			var parts []string
			at, parts = beginning(target)
			rest = append(parts, rest...)
		} else {
			rest = append(parts(target), rest...)
		}
	}
	return at, nil
}

// beginning splits an absolute path into its root directory and its names.
func beginning(path string) (root string, names []string) {
	volume := filepath.VolumeName(path)
	return volume + string(filepath.Separator), parts(path[len(volume):])
}

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) })
}
