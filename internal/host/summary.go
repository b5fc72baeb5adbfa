package host

import (
	"strings"
	"unicode/utf8"
)

// Summary is a table for the job's page. Its texts may come from anywhere.
type Summary struct {
	Title    string
	Mark     Mark     // whether what the summary is about is as it should be
	Lead     []string // paragraphs before the table
	Problems []string // what is wrong, one item each
	Head     []string
	Rows     [][]string
	Marks    []Mark   // of the rows, or nil
	Notes    []string // paragraphs after the table
	Todo     []string // what to do, one item each
	// Page and Address are a link at the end. They are azstep's own words: no text
	// from anywhere else may be in them.
	Page, Address string
}

// Mark says whether something is as it should be.
type Mark int

// The marks.
const (
	None Mark = iota
	Good
	Bad
)

// sign is the mark where people look.
func (m Mark) sign() string { return [...]string{"", "✅ ", "❌ "}[m] }

// Summarize puts a summary on the job's page, or prints it where there is no
// such page. What goes wrong is a warning: the work is done.
func (h *Host) Summarize(s Summary) {
	s = s.apply(h.clean)
	shown, err := h.dialect.summarize(s)
	if err != nil {
		h.Warnf("the job summary was not written: %v", err)
	}
	if shown {
		return
	}
	lines := s.plain()
	for i, line := range lines {
		lines[i] = h.dialect.line(note{level: Info, text: h.clean(line)})
	}
	_ = h.log.print(strings.Join(lines, "\n")) // whoever asks Err gets its error
}

// apply returns the summary with every text replaced by what f makes of it, and
// with rows as long as the head.
func (s Summary) apply(f func(string) string) Summary {
	all := func(texts []string) []string {
		done := make([]string, len(texts))
		for i, text := range texts {
			done[i] = f(text)
		}
		return done
	}
	rows := make([][]string, len(s.Rows))
	for i, row := range s.Rows {
		rows[i] = make([]string, len(s.Head))
		copy(rows[i], all(row))
	}
	return Summary{
		Title: f(s.Title), Mark: s.Mark, Lead: all(s.Lead), Problems: all(s.Problems), Head: all(s.Head), Rows: rows,
		Marks: s.Marks, Notes: all(s.Notes), Todo: all(s.Todo), Page: s.Page, Address: s.Address,
	}
}

// maxPad is the widest column, in characters, that others are lined up with.
const maxPad = 40

// plain is the summary as lines of text, its columns lined up.
func (s Summary) plain() []string {
	table := append([][]string{s.Head}, s.Rows...)
	widths := make([]int, len(s.Head))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(cell), maxPad))
		}
	}
	lines := append(append([]string{s.Title}, s.Lead...), s.Problems...)
	if len(s.Head) > 0 {
		for _, row := range table {
			lines = append(lines, align(row, widths))
		}
	}
	return append(lines, s.Notes...)
}

func align(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(cell)
		b.WriteString(strings.Repeat(" ", 2+max(0, widths[i]-utf8.RuneCountInString(cell))))
	}
	return strings.TrimRight(b.String(), " ")
}
