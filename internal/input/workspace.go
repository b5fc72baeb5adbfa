package input

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// Workspace says where relative paths begin and what they must not leave: Dir is the
// working directory, and Root is the checkout folder that contains it, or else Dir.
type Workspace struct{ Root, Dir string }

// NewWorkspace finds the checkout around dir from the variables of both hosts.
func NewWorkspace(env map[string]string, dir string) Workspace {
	for _, key := range []string{"GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY"} {
		if root := env[key]; root != "" && filepath.IsAbs(root) && inside(root, dir) {
			return Workspace{Root: filepath.Clean(root), Dir: dir}
		}
	}
	return Workspace{Root: dir, Dir: dir}
}

// Place returns the path of a file relative to the workspace, with slashes. For a
// file outside the workspace it returns only the name.
func (w Workspace) Place(path string) string {
	rel, err := filepath.Rel(w.Root, w.absolute(path))
	if err != nil || !filepath.IsLocal(rel) {
		rel = filepath.Base(path)
	}
	return filepath.ToSlash(rel)
}

func (w Workspace) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(w.Dir, path)
}

// find opens the directory of the file that an input names. A relative path must
// stay in the workspace. An absolute path outside it is the user's own choice, so
// its directories may be symbolic links; the file itself may not.
func (w Workspace) find(path string) (place, error) {
	if strings.ContainsRune(path, 0) {
		return place{}, errors.New("the path contains a NUL character")
	}
	full := w.absolute(path)
	if w.holds(path) {
		rel, err := filepath.Rel(w.Root, full)
		if err != nil {
			return place{}, err
		}
		return descend(w.Root, rel)
	}
	if !filepath.IsAbs(path) {
		return place{}, errors.New("the path leaves the workspace")
	}
	return openPlace(full)
}

// holds reports whether a path is in the workspace. The root of a file system, in
// which containers often run, does not count as a checkout: an absolute path there
// is the user's own choice.
func (w Workspace) holds(path string) bool {
	if filepath.IsAbs(path) && filepath.Dir(w.Root) == w.Root {
		return false
	}
	return inside(w.Root, w.absolute(path))
}

func inside(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel)
}

// fileProblem leaves out what *fs.PathError repeats.
func fileProblem(name, path string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fault.Input(name, name+": name a regular file inside the workspace that this step may use",
		"%s: file %s: %w", name, Quote(path), err)
}
