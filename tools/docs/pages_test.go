package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

func TestGeneratedPartsAreFresh(t *testing.T) {
	t.Parallel()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range allPages(t) {
		want, err := fill(p.text, f)
		if err != nil {
			t.Errorf("%s: %v", p.path, err)
		} else if want != p.text {
			t.Errorf("%s is out of date: run `make docs`", p.path)
		}
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	f := &facts{scopes: []string{"vso.code"}}
	got, err := fill("a\n<!-- generated:scopes -->\nold\n<!-- end -->\nb\n", f)
	if want := "a\n<!-- generated:scopes -->\n\n`vso.code`\n\n<!-- end -->\nb\n"; err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	if again, _ := fill(got, f); again != got {
		t.Errorf("filled twice: %q", again)
	}
	for _, bad := range []string{"<!-- generated:scopes -->\nno end", "<!-- generated:unheard-of -->\n<!-- end -->"} {
		if _, err := fill(bad, f); err == nil {
			t.Errorf("fill accepts %q", bad)
		}
	}
}

func TestEveryErrorHasAHeading(t *testing.T) {
	t.Parallel()
	for _, p := range allPages(t) {
		if p.path != "docs/errors.md" {
			continue
		}
		codes := fault.Codes()
		for _, e := range client.PATErrors() {
			codes = append(codes, e.Code)
		}
		for _, c := range codes {
			if !p.slugs[string(c)] {
				t.Errorf("no heading for %s", c)
			}
		}
		return
	}
	t.Error("there is no docs/errors.md")
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	spanned = regexp.MustCompile("`[^`\n]*`")
)

func TestLinksResolve(t *testing.T) {
	t.Parallel()
	all := map[string]page{}
	for _, p := range allPages(t) {
		all[p.path] = p
	}
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(withoutCode(p), -1) {
			if problem := follow(all, p, m[1]); problem != "" {
				t.Errorf("%s: %s: %s", p.path, m[1], problem)
			}
		}
	}
}

func withoutCode(p page) string {
	text := p.text
	for _, b := range p.blocks {
		text = strings.Replace(text, b.text, "", 1)
	}
	return spanned.ReplaceAllString(text, "")
}

func follow(all map[string]page, from page, target string) string {
	if strings.HasPrefix(target, "https://") {
		return ""
	}
	file, anchor, _ := strings.Cut(target, "#")
	to := from.path
	if file != "" {
		to = path.Join(path.Dir(from.path), file)
		if _, err := os.Stat(filepath.Join(root, to)); err != nil {
			return "there is no such file"
		}
	}
	if anchor != "" && !all[to].slugs[anchor] {
		return "there is no such heading"
	}
	return ""
}

// A newcomer first sees two commands and a short workflow.
func TestFirstScreen(t *testing.T) {
	t.Parallel()
	for _, p := range allPages(t) {
		if p.path != "README.md" {
			continue
		}
		commands := strings.Split(strings.TrimSpace(p.blocks[0].text), "\n")
		if len(commands) != 2 || !strings.HasPrefix(commands[0], "make run") || !strings.HasPrefix(commands[1], "make test") {
			t.Errorf("the first commands are %q", commands)
		}
		if n := strings.Count(p.blocks[1].text, "\n"); n > 15 || !strings.Contains(p.blocks[1].text, "uses: azstep/azstep@") {
			t.Errorf("the workflow has %d lines:\n%s", n, p.blocks[1].text)
		}
	}
}

var (
	target  = regexp.MustCompile("(?m)(?:^|`)make ([a-z0-9-]+)")
	defined = regexp.MustCompile(`(?m)^([a-z0-9-]+):.*## `)
)

func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range defined.FindAllStringSubmatch(string(makefile), -1) {
		known[m[1]] = true
	}
	for _, p := range allPages(t) {
		for _, m := range target.FindAllStringSubmatch(p.text, -1) {
			if !known[m[1]] {
				t.Errorf("%s: there is no make %s", p.path, m[1])
			}
		}
	}
}
