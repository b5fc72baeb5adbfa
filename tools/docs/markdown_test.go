package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

const root = "../.."

// page is a Markdown file.
type page struct {
	path   string // from the root
	text   string
	blocks []block
	slugs  map[string]bool // anchors of its headings
}

// block is a fenced block of code.
type block struct {
	page     string
	line     int
	language string
	text     string
}

func (b block) String() string { return b.page + ":" + strconv.Itoa(b.line) }

func allPages(t *testing.T) []page {
	t.Helper()
	files, err := pages(root)
	if err != nil {
		t.Fatal(err)
	}
	var all []page
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(root, path)
		all = append(all, parsePage(filepath.ToSlash(name), string(text)))
	}
	return all
}

var fence = regexp.MustCompile("^( *)```([a-z]*)$")

// parsePage finds blocks, including those in list items, and headings outside of
// blocks.
func parsePage(path, text string) page {
	p := page{path: path, text: text, slugs: map[string]bool{}}
	var open *block
	indent := ""
	for i, line := range strings.Split(text, "\n") {
		mark := fence.FindStringSubmatch(line)
		switch {
		case open == nil && mark != nil:
			open, indent = &block{page: path, line: i + 1, language: mark[2]}, mark[1]
		case open != nil && mark != nil:
			p.blocks = append(p.blocks, *open)
			open = nil
		case open != nil:
			open.text += strings.TrimPrefix(line, indent) + "\n"
		case strings.HasPrefix(line, "#"):
			p.slugs[slug(strings.TrimLeft(line, "# "))] = true
		}
	}
	return p
}

// slug returns the anchor that GitHub generates for a heading.
func slug(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// yamlBlocks returns the YAML blocks in all pages, and the YAML files that users
// copy.
func yamlBlocks(t *testing.T) []block {
	t.Helper()
	var all []block
	for _, p := range allPages(t) {
		for _, b := range p.blocks {
			if b.language == "yaml" {
				all = append(all, b)
			}
		}
	}
	for _, pattern := range []string{"templates/*.yml", ".github/ISSUE_TEMPLATE/*.yml", "action.yml"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		if len(files) == 0 {
			t.Errorf("no file matches %s", pattern)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			name, _ := filepath.Rel(root, path)
			all = append(all, block{page: filepath.ToSlash(name), language: "yaml", text: string(text)})
		}
	}
	return all
}
