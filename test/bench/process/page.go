//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// page is the output: each table is printed as soon as it is complete, and finally
// written into the measured parts of docs/benchmarks.md.
type page struct {
	out    io.Writer
	tables map[string]string // tables in Markdown, by the names of the parts
}

// machinePart, targetPart and goPart are the parts that are not about an operation.
const (
	machinePart = "machine"
	targetPart  = "targets"
	goPart      = "go benchmarks"
)

// parts lists all parts of the page.
func parts() []string {
	all := []string{machinePart, targetPart, stepPart, goPart}
	for _, o := range operations() {
		all = append(all, o.name)
	}
	return all
}

func (p *page) note(format string, values ...any) { fmt.Fprintf(p.out, format+"\n\n", values...) }

func (p *page) add(name string, rows [][]string) {
	p.tables[name] = markdown(rows)
	fmt.Fprintf(p.out, "%s\n\n%s\n", name, p.tables[name])
}

// markdown returns a table that is also readable as plain text: each column is as
// wide as its longest cell. The first row is the head.
func markdown(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell), 3)
		}
	}
	var b strings.Builder
	for i, row := range rows {
		b.WriteString("|")
		for c, cell := range row {
			b.WriteString(" " + cell + strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell)) + " |")
		}
		b.WriteString("\n")
		if i == 0 {
			for _, width := range widths {
				b.WriteString("|" + strings.Repeat("-", width+2))
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// A measured part is between its opening line and the next closing line.
func opening(name string) string { return "<!-- measured: " + name + " -->\n" }

const closing = "<!-- end -->"

// part finds the beginning and the end of a measured part.
func part(text, name string) (begin, end int, err error) {
	begin = strings.Index(text, opening(name))
	if begin < 0 {
		return 0, 0, fmt.Errorf("the page has no measured part %q", name)
	}
	begin += len(opening(name))
	length := strings.Index(text[begin:], closing)
	if length < 0 {
		return 0, 0, fmt.Errorf("the measured part %q does not end", name)
	}
	return begin, begin + length, nil
}

// update writes the tables into the page at path.
func (p *page) update(path string) error {
	read, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("update the page: %w", err)
	}
	text := string(read)
	var problems error
	for _, name := range parts() {
		begin, end, err := part(text, name)
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		text = text[:begin] + "\n" + p.tables[name] + "\n" + text[end:]
	}
	if problems != nil {
		return fmt.Errorf("update the page: %w", problems)
	}
	return os.WriteFile(path, []byte(text), 0o600) // the file exists, so its mode does not change
}
