package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// opening matches the beginning of a generated part and its name; closing ends the
// part.
var opening = regexp.MustCompile(`(?m)^<!-- generated:([a-z-]+) -->\n`)

const closing = "<!-- end -->"

// fill returns a page with all its generated parts up to date.
func fill(page string, f *facts) (string, error) {
	var b strings.Builder
	for {
		at := opening.FindStringSubmatchIndex(page)
		if at == nil {
			b.WriteString(page)
			return b.String(), nil
		}
		name := page[at[2]:at[3]]
		end := strings.Index(page[at[1]:], closing)
		if end < 0 {
			return "", fmt.Errorf("the generated part %s has no %s", name, closing)
		}
		text, err := f.part(name)
		if err != nil {
			return "", err
		}
		b.WriteString(page[:at[1]] + "\n" + strings.TrimSpace(text) + "\n\n" + closing)
		page = page[at[1]+end+len(closing):]
	}
}

// part generates one part.
func (f *facts) part(name string) (string, error) {
	parts := map[string]func() string{
		"operations":    f.operationTable,
		"common-inputs": f.commonTable,
		"inputs":        f.inputTable,
		"outputs":       f.outputTable,
		"scopes":        f.scopeList,
		"usage":         f.usageText,
		"exit-codes":    f.exitTable,
		"errors":        errorHeadings,
		"pat-errors":    patHeadings,
		"entra-errors":  entraHeadings,
	}
	produce, ok := parts[name]
	if !ok {
		return "", fmt.Errorf("nothing makes a generated part %q", name)
	}
	return produce(), nil
}

// pages returns the module's Markdown files, without those in folders that tools
// create.
func pages(root string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "bin", "node_modules", "testdata"}, d.Name()):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".md"):
			found = append(found, path)
		}
		return nil
	})
	return found, err
}
