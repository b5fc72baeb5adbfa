package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// Workspace is where relative paths begin and what they may not leave: Dir is
// the working directory, Root the folder of the checkout that holds it, or Dir.
type Workspace struct{ Root, Dir string }

// NewWorkspace finds the checkout around dir by the variables of both hosts.
func NewWorkspace(env map[string]string, dir string) Workspace {
	for _, key := range []string{"GITHUB_WORKSPACE", "BUILD_SOURCESDIRECTORY", "SYSTEM_DEFAULTWORKINGDIRECTORY"} {
		if root := env[key]; root != "" && filepath.IsAbs(root) && inside(root, dir) {
			return Workspace{Root: filepath.Clean(root), Dir: dir}
		}
	}
	return Workspace{Root: dir, Dir: dir}
}

// ReadFile reads the file that an input names, at most limit bytes of it. A
// symbolic link, a path out of the workspace and anything but a regular file
// are refused. Errors name the input and the path, never content.
func (w Workspace) ReadFile(name, path string, limit int64) ([]byte, error) {
	full, err := w.resolve(name, path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(full, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fileProblem(name, path, errors.New("it is not a regular file"))
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	if int64(len(data)) > limit {
		return nil, fileProblem(name, path, fmt.Errorf("it is larger than %d KiB", limit>>10))
	}
	return data, nil
}

// Create opens the file that an input names for writing, empty, with mode 0600
// and owned by the workspace's owner.
func (w Workspace) Create(name, path string) (*os.File, error) {
	full, err := w.resolve(name, path)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|noFollow, 0o600)
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	if err := errors.Join(f.Chmod(0o600), giveTo(f, w.Root)); err != nil {
		return nil, errors.Join(fileProblem(name, path, err), f.Close())
	}
	return f, nil
}

// Place is where a file that an input names is in the checkout, with slashes;
// of one outside it, the last part alone.
func (w Workspace) Place(path string) string {
	full := path
	if !filepath.IsAbs(path) {
		full = filepath.Join(w.Dir, path)
	}
	rel, err := filepath.Rel(w.Root, full)
	if err != nil || !filepath.IsLocal(rel) {
		rel = filepath.Base(full)
	}
	return filepath.ToSlash(rel)
}

// resolve is the path to open. A relative one stays in the workspace. Within the
// workspace, whose content may be anybody's, no symbolic link is on the way; to a
// place outside it an absolute path is the user's own word for the way, and only
// its last part may not be a link.
func (w Workspace) resolve(name, path string) (string, error) {
	if strings.ContainsRune(path, 0) {
		return "", fileProblem(name, path, errors.New("it holds a NUL"))
	}
	full := filepath.Clean(path)
	if !filepath.IsAbs(path) {
		full = filepath.Join(w.Dir, path)
	}
	switch {
	case inside(w.Root, full):
	case filepath.IsAbs(path):
		return full, refuseLink(name, path, full)
	default:
		return "", fileProblem(name, path, errors.New("it leaves the workspace"))
	}
	rest, _ := filepath.Rel(w.Root, full)
	for at, part := w.Root, ""; rest != "" && rest != "."; {
		part, rest, _ = strings.Cut(rest, string(filepath.Separator))
		at = filepath.Join(at, part)
		if err := refuseLink(name, path, at); err != nil {
			return "", err
		}
	}
	return full, nil
}

func refuseLink(name, path, at string) error {
	info, err := os.Lstat(at)
	if err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return fileProblem(name, path, errors.New("it is or goes through a symbolic link"))
	}
	return nil
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
