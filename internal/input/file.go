package input

import (
	"fmt"
	"io"
	"os"
)

// ReadFile reads at most limit bytes of the file that an input names. It rejects
// symbolic links, paths that leave the workspace, and anything but a regular file.
// Errors contain the input and the path, never content.
func (w Workspace) ReadFile(name, path string, limit int64) ([]byte, error) {
	p, err := w.find(path)
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	defer p.close()
	return p.read(name, path, limit)
}

// ReadLinked is ReadFile for ca-file and assertion-file. Outside the workspace these
// files and their parent folders may be symbolic links, because everything that
// Kubernetes mounts into a pod is one. A link within the workspace is rejected. An
// assertion-file is renewed while the job runs, so read it again for each use.
func (w Workspace) ReadLinked(name, path string, limit int64) ([]byte, error) {
	p, err := w.findLinked(path)
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	defer p.close()
	return p.read(name, path, limit)
}

func (p place) read(name, path string, limit int64) ([]byte, error) {
	f, err := p.open()
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	defer f.Close()
	return readAll(f, name, path, limit)
}

func readAll(f *os.File, name, path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fileProblem(name, path, err)
	}
	if int64(len(data)) > limit {
		return nil, fileProblem(name, path, fmt.Errorf("it is larger than %d KiB", limit>>10))
	}
	return data, nil
}
