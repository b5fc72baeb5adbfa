package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`")
	namedScript = regexp.MustCompile("`([a-z]+(?:-[a-z]+)*)`")
	testFunc    = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestAssuranceNamesTestsThatExist compares docs/assurance.md with the tests and
// scripts in the tree.
func TestAssuranceNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "assurance.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests, scripts := namesOfTests(t)
	named := namedTest.FindAllStringSubmatch(string(page), -1)
	if len(named) < 30 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, name := range named {
		if !tests[name[1]] {
			t.Errorf("there is no %s", name[1])
		}
	}
	for row := range strings.Lines(string(page)) {
		_, list, ok := strings.Cut(row, "cripts `")
		list, _, _ = strings.Cut("`"+list, " | ")
		if !ok {
			continue
		}
		for _, name := range namedScript.FindAllStringSubmatch(list, -1) {
			if !scripts[name[1]] {
				t.Errorf("there is no script %s", name[1])
			}
		}
	}
}

// namesOfTests returns the names of the tests, fuzz targets and scripts in the tree.
func namesOfTests(t *testing.T) (tests, scripts map[string]bool) {
	t.Helper()
	tests, scripts = map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if script, ok := strings.CutSuffix(filepath.Base(path), ".txtar"); ok {
			scripts[script] = true
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range testFunc.FindAllSubmatch(text, -1) {
			tests[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, scripts
}
