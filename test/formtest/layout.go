package formtest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/azstep/azstep/internal/hosttest"
)

// ProgramName is the file name of the program that the start scripts look for on
// this machine.
func ProgramName() string {
	platform, arch, suffix := runtime.GOOS, runtime.GOARCH, ""
	if platform == "windows" {
		platform, suffix = "win32", ".exe"
	}
	if arch == "amd64" {
		arch = "x64"
	}
	return "azstep-" + platform + "-" + arch + suffix
}

// Action copies the action and its setup from the top of the module to dir, with a
// program in bin, as a release has them.
func Action(root, program, dir string) (*hosttest.Script, error) {
	for _, name := range []string{"action.yml", "action/main.js", "action/post.js", "action/start.js", "setup/action.yml", "setup/setup.js"} {
		if err := Copy(filepath.Join(dir, name), filepath.Join(root, name), 0o644); err != nil {
			return nil, err
		}
	}
	if err := Copy(filepath.Join(dir, "bin", ProgramName()), program, 0o755); err != nil {
		return nil, err
	}
	return hosttest.ReadScript(dir)
}

// Task unpacks the task in dir as the agent does: without the modes of its files.
func Task(root, program, dir string) (*hosttest.Task, error) {
	files := map[string][]byte{}
	sources := map[string]string{"bin/" + ProgramName(): program}
	for _, name := range []string{"task.json", "main.js", "post.js", "start.js", "task.js"} {
		sources[name] = filepath.Join(root, "task", "azstep", name)
	}
	for name, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("read a file of the task: %w", err)
		}
		files[name] = text
	}
	if err := hosttest.Unpack(files, dir); err != nil {
		return nil, err
	}
	return hosttest.ReadTask(dir)
}

// Copy copies a file and makes the folders above it.
func Copy(to, from string, mode os.FileMode) error {
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, text, mode)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
