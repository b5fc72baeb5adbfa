package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// roomRow matches a row of the table of packages in docs/design.md.
var roomRow = regexp.MustCompile("(?m)^\\| `((?:cmd|internal|test|tools)/[a-z0-9/-]+)/` \\|")

// TestRooms compares the table of packages with the folders that contain Go code.
func TestRooms(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs", "design.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range roomRow.FindAllSubmatch(page, -1) {
		listed = append(listed, string(row[1]))
	}
	found := rooms(t)
	for _, room := range found {
		if !slices.Contains(listed, room) {
			t.Errorf("docs/design.md: the table of packages lacks %s/", room)
		}
	}
	for _, room := range listed {
		if !slices.Contains(found, room) {
			t.Errorf("docs/design.md: the table of packages has %s/, which contains no Go code", room)
		}
	}
}

// rooms returns the module's folders that contain Go code, without the root.
func rooms(t *testing.T) (found []string) {
	for _, top := range []string{"cmd", "internal", "test", "tools"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" {
				return err
			}
			room, err := filepath.Rel(root, filepath.Dir(path))
			if room = filepath.ToSlash(room); err == nil && !slices.Contains(found, room) {
				found = append(found, room)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
