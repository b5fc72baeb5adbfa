package main

import (
	"fmt"
	"html"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/hosttest"
)

// width is the number of columns that every terminal has.
const width = 80

// page writes to the terminal: headlines, paragraphs, and blocks of other programs'
// output.
type page struct {
	out     io.Writer
	colored bool
	acts    int
}

// paint colors a text with an SGR code (ECMA-48).
func (p *page) paint(code, text string) string {
	if !p.colored {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p *page) head(title string) {
	p.acts++
	title = fmt.Sprintf("%d. %s", p.acts, title)
	fmt.Fprintf(p.out, "\n%s\n%s\n", p.paint("1;36", title), p.paint("36", strings.Repeat("=", utf8.RuneCountInString(title))))
}

func (p *page) say(format string, args ...any) {
	fmt.Fprintln(p.out)
	for _, line := range wrap(fmt.Sprintf(format, args...), width) {
		fmt.Fprintln(p.out, line)
	}
}

// block shows lines of another program, each behind a bar. A line that is too long
// continues on the next one, indented.
func (p *page) block(title string, text []string) {
	fmt.Fprintf(p.out, "\n%s\n\n", p.paint("1", title))
	for _, line := range text {
		for i, part := range wrap(line, width-len("  |   ")) {
			fmt.Fprintln(p.out, strings.TrimRight("  | "+strings.Repeat("  ", min(i, 1))+part, " "))
		}
	}
}

// wrap breaks a long text between words. A word that is longer than a line gets its
// own line.
func wrap(text string, width int) []string {
	var out []string
	for utf8.RuneCountInString(text) > width {
		at := strings.LastIndexByte(text[:len(string([]rune(text)[:width+1]))], ' ')
		if at <= 0 {
			at = strings.IndexByte(text, ' ')
		}
		if at <= 0 {
			break
		}
		out, text = append(out, text[:at]), text[at+1:]
	}
	return append(out, text)
}

func lines(text string) []string { return strings.Split(text, "\n") }

// masked returns outputs in order, as the host would show them in a log.
func masked(job *hosttest.Job, outputs map[string]string) []string {
	names := slices.Sorted(maps.Keys(outputs))
	longest := 0
	for _, name := range names {
		longest = max(longest, len(name))
	}
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%-*s   %s", longest, name, job.Mask(outputs[name])))
	}
	return out
}

var tag = regexp.MustCompile(`</?code>`)

// rendered shows a summary with one table as GitHub's page does, but with the
// columns below each other, because a terminal is narrower than a page.
func rendered(markdown string) []string {
	var title string
	var table [][]string
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "### "):
			title = html.UnescapeString(strings.TrimPrefix(line, "### "))
		case strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| ---"):
			table = append(table, cells(line))
		}
	}
	if len(table) == 0 {
		return []string{title}
	}
	out := []string{title, ""}
	for _, row := range table[1:] {
		for i := range min(len(row), len(table[0])) {
			out = append(out, fmt.Sprintf("%-12s   %s", table[0][i], row[i]))
		}
	}
	return out
}

func cells(row string) []string {
	var texts []string
	for cell := range strings.SplitSeq(strings.Trim(row, "|"), "|") {
		texts = append(texts, html.UnescapeString(tag.ReplaceAllString(strings.TrimSpace(cell), "")))
	}
	return texts
}

func (d *demo) opening() {
	d.say("azstep as a CI job runs it: the built binary, against Azure DevOps as faked on %s. Nothing leaves this machine, and every credential is fake.", d.services.URL())
}

// closing counts what the services have seen.
func (d *demo) closing() error {
	minted, alive := 0, 0
	for _, p := range d.services.PATs() {
		minted++
		if p.State == "active" {
			alive++
		}
	}
	if minted != 2 || alive != 0 {
		return fmt.Errorf("%d PATs were minted, of which %d are alive", minted, alive)
	}
	fmt.Fprintf(d.out, "\n%s\n", d.paint("1;32", fmt.Sprintf("All is as it should be: %d PATs minted, %d alive.", minted, alive)))
	d.say("To try next:")
	fmt.Fprint(d.out, "\n  bin/azstep help                  what azstep can do\n  make emulator DIR=.azstep        serve the same services for your own trials\n  . .azstep/env                    in another shell: point azstep at them\n  bin/azstep whoami                and see who you are there\n")
	return nil
}
