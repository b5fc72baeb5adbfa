// Command docs generates the parts of the documentation that are derived from the
// code: tables of operations, inputs, outputs and scopes, and a heading for every
// error.
//
// Generated parts are between `<!-- generated:NAME -->` and `<!-- end -->` in
// README.md and docs/. The text around them is written by hand and left alone. The
// command also generates docker/action.yml and the definition of the Azure Pipelines
// task from action.yml, and it rejects a setup/action.yml that differs from it. The
// tests of this package fail if a generated part is out of date, and check the rest
// against the code: names of inputs, YAML, links, quoted error messages.
//
//	go run ./tools/docs [-check]
//
// With -check it writes nothing and fails if anything is out of date.
//
// It is not linked into azstep.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "write nothing, and fail if anything is stale")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// made is a file with its generated parts up to date.
type made struct {
	path string
	text []byte
}

// run updates the files of the module at root whose generated parts are out of date,
// or reports them.
func run(root string, check bool) error {
	files, err := makeAll(root)
	if err != nil {
		return err
	}
	problems := checkSetup(root)
	for _, file := range files {
		old, err := os.ReadFile(file.path)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return err
		case err == nil && bytes.Equal(old, file.text):
		case check:
			problems = errors.Join(problems, fmt.Errorf("%s is stale: run make docs", file.path))
		default:
			problems = errors.Join(problems, put(file))
		}
	}
	return problems
}

func put(file made) error {
	if err := os.MkdirAll(filepath.Dir(file.path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file.path, file.text, 0o644)
}

// makeAll generates everything: parts of pages, and whole files.
func makeAll(root string) ([]made, error) {
	facts, err := gather(root)
	if err != nil {
		return nil, err
	}
	paths, err := pages(root)
	if err != nil {
		return nil, err
	}
	var all []made
	for _, path := range paths {
		old, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		text, err := fill(string(old), facts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, made{path, []byte(text)})
	}
	task, err := taskFiles(root, facts)
	if err != nil {
		return nil, err
	}
	docker, err := manifestOf(root)
	return append(append(all, task...), made{filepath.Join(root, dockerManifest), []byte(docker)}), err
}
