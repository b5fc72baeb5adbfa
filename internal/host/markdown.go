package host

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markdown is the summary in GitHub Flavored Markdown, in at most limit bytes,
// or empty where not even its title fits. A line says how many rows did not
// fit. The texts of s are clean.
func (s Summary) markdown(limit int) string {
	head, tail := s.opening(), s.closing()
	rows := make([]string, len(s.Rows))
	size := len(head) + len(tail)
	for i, row := range s.Rows {
		rows[i] = tableRow(row, cell)
		size += len(rows[i])
	}
	if size <= limit {
		return head + strings.Join(rows, "") + tail
	}
	return shortened(head, rows, tail, limit)
}

// shortened leaves out as many of the last rows as it must, and the notes only
// where they would not fit without any row.
func shortened(head string, rows []string, tail string, limit int) string {
	room := limit - len(head) - len(leftOut(len(rows)))
	if room < len(tail) {
		tail = ""
	}
	if room < 0 {
		return ""
	}
	kept := 0
	for room -= len(tail); kept < len(rows) && len(rows[kept]) <= room; kept++ {
		room -= len(rows[kept])
	}
	return head + strings.Join(rows[:kept], "") + leftOut(len(rows)-kept) + tail
}

func leftOut(rows int) string {
	return fmt.Sprintf("\n_The rest (%d rows) is left out: a job summary holds at most 1 MiB._\n", rows)
}

func (s Summary) opening() string {
	title := "### " + prose(s.Title) + "\n\n"
	for _, lead := range s.Lead {
		title += prose(lead) + "\n\n"
	}
	if len(s.Head) == 0 {
		return title
	}
	return title + tableRow(s.Head, prose) + "|" + strings.Repeat(" --- |", len(s.Head)) + "\n"
}

func (s Summary) closing() string {
	var b strings.Builder
	for _, note := range s.Notes {
		b.WriteString("\n" + prose(note) + "\n")
	}
	return b.String()
}

func tableRow(cells []string, write func(string) string) string {
	var b strings.Builder
	b.WriteByte('|')
	for _, c := range cells {
		b.WriteString(" " + write(c) + " |")
	}
	return b.String() + "\n"
}

// cell is a text in code: GitHub looks for mentions, references and emoji in
// what it has rendered, and leaves code alone.
func cell(text string) string {
	if text == "" {
		return ""
	}
	return "<code>" + entities(text) + "</code>"
}

// prose is a text of words. What is no plain word (an id, a time, a path, a
// mention, an address) is in code, where it reads well and means nothing.
func prose(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		body := strings.TrimRight(strings.TrimLeft(word, "("), ".,;:?!)")
		if isWord(body) {
			words[i] = entities(word)
			continue
		}
		before, after, _ := strings.Cut(word, body)
		words[i] = entities(before) + cell(body) + entities(after)
	}
	line := strings.Join(words, " ")
	if line != "" && strings.ContainsRune("-0123456789", rune(line[0])) {
		return fmt.Sprintf("&#%d;%s", line[0], line[1:]) // or it would begin a list or a rule
	}
	return line
}

// isWord reports whether a text is letters, perhaps with hyphens, or a number
// too short to name a commit.
func isWord(s string) bool {
	odd := func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' }
	return !strings.ContainsFunc(s, odd) || len(s) < 7 && strings.Trim(s, "0123456789") == ""
}

// entities writes as a character reference whatever means something in
// Markdown: a reference never does (GitHub Flavored Markdown, section 6.2).
// Besides ASCII punctuation that is the dot of a bare www. address.
func entities(text string) string {
	var b strings.Builder
	last := rune(' ')
	for _, r := range text {
		if isInert(r) && (r != '.' || unicode.ToLower(last) != 'w') {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
		last = r
	}
	return b.String()
}

// isInert reports whether a rune means nothing in Markdown inside a line.
func isInert(r rune) bool {
	return r >= utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,-%?'=", r)
}
