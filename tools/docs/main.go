// Command docs writes the parts of the documentation that the code knows
// better than a person: tables of operations, inputs, outputs and scopes, and a
// heading for every error.
//
// They stand between `<!-- generated:NAME -->` and `<!-- end -->` in README.md
// and docs/. Everything around them is written by hand and left alone. The
// tests of this package fail when a generated part is stale, and hold the rest
// to the code: names of inputs, YAML, links, literal error texts.
//
//	go run ./tools/docs
//
// It is not linked into azstep.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// run rewrites the pages of the module at root whose generated parts are stale.
func run(root string) error {
	facts, err := gather(root)
	if err != nil {
		return err
	}
	files, err := pages(root)
	if err != nil {
		return err
	}
	for _, path := range files {
		if err := refresh(path, facts); err != nil {
			return err
		}
	}
	if err := writeTask(root, facts); err != nil {
		return err
	}
	return refreshManifest(root)
}

func refresh(path string, f *facts) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text, err := fill(string(old), f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if text == string(old) {
		return nil
	}
	return os.WriteFile(path, []byte(text), 0o600) // it is there: its mode stays
}
