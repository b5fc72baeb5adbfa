package host

import (
	"strings"
	"unicode/utf8"
)

// Summary is a table for the job's page. Its texts may come from anywhere.
type Summary struct {
	Title    string
	Mark     Mark        // whether the subject of the summary has problems
	Lead     []string    // paragraphs before the table
	Facts    [][2]string // names and values, one per line
	Problems []string    // problems, one per item
	Head     []string
	Rows     [][]string
	Marks    []Mark   // marks of the rows, or nil
	Notes    []string // paragraphs after the table
	Todo     []string // what to do, one step per item
	// Page and Address are a link at the end. They must be azstep's own text.
	Page, Address string
	// Logged says that the log contains all of it, so that only a page shows it.
	Logged bool
}

// Mark says whether something has problems.
type Mark int

// The marks.
const (
	None Mark = iota
	Good
	Bad
)

// sign returns the symbol for the mark.
func (m Mark) sign() string { return [...]string{"", "✅ ", "❌ "}[m] }

// warnUnsummarized puts the errors on one line: the write's, and that of undoing it.
func (h *Host) warnUnsummarized(err error) {
	h.Warnf("could not write the job summary: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
}

// Summarize shows a summary on the job's page, or prints it if there is no such
// page. Errors are only warnings, because the work is already done.
func (h *Host) Summarize(s Summary) {
	s = h.ready(s)
	shown, err := h.dialect.summarize(s)
	if err != nil {
		h.warnUnsummarized(err)
	}
	h.summarized = h.summarized || shown && err == nil
	if shown || s.Logged {
		return
	}
	lines := s.plain()
	for i, line := range lines {
		lines[i] = h.dialect.line(note{level: Info, text: h.clean(line)})
	}
	_ = h.log.print(strings.Join(lines, "\n")) // Err returns the error
}

// ready returns the summary as it is shown. Its notes may name inputs, which are
// written as the reader sets them.
func (h *Host) ready(s Summary) Summary {
	notes := make([]string, len(s.Notes))
	for i, note := range s.Notes {
		notes[i] = h.spell.Text(note)
	}
	s.Notes = notes
	return s.apply(h.clean)
}

// apply returns the summary with f applied to every text, and with rows as long as
// the head.
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
	facts := make([][2]string, len(s.Facts))
	for i, fact := range s.Facts {
		facts[i] = [2]string{f(fact[0]), f(fact[1])}
	}
	return Summary{
		Title: f(s.Title), Mark: s.Mark, Lead: all(s.Lead), Facts: facts, Problems: all(s.Problems), Head: all(s.Head), Rows: rows,
		Marks: s.Marks, Notes: all(s.Notes), Todo: all(s.Todo), Page: s.Page, Address: s.Address, Logged: s.Logged,
	}
}

// maxPad is the maximum width of a column to align, in characters.
const maxPad = 40

// plain returns the summary as lines of text with aligned columns.
func (s Summary) plain() []string {
	table := append([][]string{s.Head}, s.Rows...)
	widths := make([]int, len(s.Head))
	for _, row := range table {
		for i, cell := range row {
			widths[i] = max(widths[i], min(utf8.RuneCountInString(cell), maxPad))
		}
	}
	lines := append([]string{s.Title}, s.Lead...)
	for _, fact := range s.Facts {
		lines = append(lines, fact[0]+": "+fact[1])
	}
	lines = append(lines, s.Problems...)
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
