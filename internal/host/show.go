package host

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// OnTerminal reports whether stdout is a terminal, so that a table is printed
// instead of JSON.
func (h *Host) OnTerminal() bool {
	return h.opts.Kind == Local && h.opts.StdoutIsTerminal && !h.opts.Exec
}

// Show prints a result on stdout at a terminal. A step without a summary shows its
// outputs.
func (h *Host) Show(s Summary, outputs []Output) {
	if s.Logged || s.Title == "" && len(outputs) == 0 {
		return
	}
	if s.Title == "" {
		s = listing(outputs)
	}
	v := view{width: h.width(), colorful: h.colorful()}
	v.summary(h.ready(s))
	_ = h.out.print(strings.Join(v.lines, "\n")) // Err returns the error
}

// width returns the number of columns in a line.
func (h *Host) width() int {
	if h.opts.Width == nil {
		return defaultWidth
	}
	if columns := h.opts.Width(); columns > 0 {
		return max(columns, minWidth)
	}
	return defaultWidth
}

// listing formats outputs as a table.
func listing(outputs []Output) Summary {
	s := Summary{Title: "Result", Head: []string{"Output", "Value"}}
	for _, o := range outputs {
		if !o.Secret {
			s.Rows = append(s.Rows, []string{camel(o.Name), o.Value})
		}
	}
	return s
}

const (
	minWidth     = 40
	defaultWidth = 80
	// maxListed is how many rows are shown; any others are counted.
	maxListed = 50
)

// view formats a summary for a terminal. The most important part comes last, next to
// the prompt.
type view struct {
	width    int
	colorful bool
	lines    []string
}

func (v *view) summary(s Summary) {
	v.line(paint(v.colorful, bold, s.Title))
	v.rows(s)
	for _, text := range append(slices.Clone(s.Lead), s.Notes...) {
		v.wrapped("", text)
	}
	v.facts(s.Facts)
	for _, problem := range s.Problems {
		v.wrapped(paint(v.colorful, red, "✗")+" ", problem)
	}
	if s.Mark == Good {
		v.line(paint(v.colorful, green, "✓") + " no problems found")
	}
}

func (v *view) line(text string) { v.lines = append(v.lines, text) }

// rows shows the table. If rows are marked, those with a problem are listed among
// the problems, and the others are counted.
func (v *view) rows(s Summary) {
	switch {
	case len(s.Rows) == 0:
	case len(s.Marks) > 0:
		if n := s.count(Good); n > 0 {
			v.line(fmt.Sprintf("%s without problems, not listed", number(n, "row")))
		}
	case len(s.Rows) == 1:
		v.pairs(s.Head, s.Rows[0])
	default:
		listed := s.Rows[:min(len(s.Rows), maxListed)]
		v.table(append([][]string{upper(s.Head)}, listed...))
		if more := len(s.Rows) - len(listed); more > 0 {
			v.line(number(more, "more row") + " not listed")
		}
	}
}

func (s Summary) count(m Mark) (n int) {
	for _, mark := range s.Marks {
		if mark == m {
			n++
		}
	}
	return n
}

func number(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func upper(head []string) []string {
	all := make([]string, len(head))
	for i, h := range head {
		all[i] = strings.ToUpper(h)
	}
	return all
}

func (v *view) facts(facts [][2]string) {
	head, row := make([]string, len(facts)), make([]string, len(facts))
	for i, fact := range facts {
		head[i], row[i] = fact[0], fact[1]
	}
	v.pairs(head, row)
}

// pairs shows a single row, one cell per line.
func (v *view) pairs(head, row []string) {
	widest := 0
	for _, h := range head {
		widest = max(widest, utf8.RuneCountInString(h))
	}
	for i, h := range head {
		v.wrapped("  "+h+strings.Repeat(" ", widest-utf8.RuneCountInString(h)+2), row[i])
	}
}

// table shows rows with a total width of at most that of the terminal.
func (v *view) table(rows [][]string) {
	widths := fitted(rows, v.width)
	for i, row := range rows {
		cells := make([]string, len(row))
		for c, text := range row {
			cells[c] = shorten(text, widths[c])
		}
		line := align(cells, widths)
		if i == 0 {
			line = paint(v.colorful, bold, line)
		}
		v.line(line)
	}
}

// fitted returns the widths of columns. If they do not fit, the widest ones are
// reduced.
func fitted(rows [][]string, width int) []int {
	widths := make([]int, len(rows[0]))
	total := 2 * (len(widths) - 1)
	for _, row := range rows {
		for c, text := range row {
			widths[c] = max(widths[c], utf8.RuneCountInString(text))
		}
	}
	for _, w := range widths {
		total += w
	}
	for ; total > width; total-- {
		widest := 0
		for c, w := range widths {
			if w > widths[widest] {
				widest = c
			}
		}
		if widths[widest] <= 4 {
			break
		}
		widths[widest]--
	}
	return widths
}

// shorten cuts a text to a number of characters, and marks the cut.
func shorten(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	return string(runes[:max(width-1, 0)]) + "…"
}

// wrapped prints a text after a heading, broken between words.
func (v *view) wrapped(head, text string) {
	indent := utf8.RuneCountInString(uncolored(head))
	line, column := head, indent
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case column+1+n > v.width:
			v.line(strings.TrimRight(line, " "))
			line, column = strings.Repeat(" ", indent), indent
		default:
			line, column = line+" ", column+1
		}
		line, column = line+word, column+n
	}
	v.line(strings.TrimRight(line, " "))
}

// uncolored returns a text of azstep's own without its colors.
func uncolored(text string) string {
	for _, c := range []color{red, green, yellow, bold} {
		text = strings.ReplaceAll(text, "\x1b["+string(c)+"m", "")
	}
	return strings.ReplaceAll(text, "\x1b[0m", "")
}
