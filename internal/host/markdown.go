package host

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longTable is how many rows of a table are shown without a click.
const longTable = 20

// longList is how many problems are shown without a click.
const longList = 10

// markdown returns the summary in GitHub Flavored Markdown, with at most limit
// bytes, or "" if not even its title fits. A line says how many rows did not fit.
// The texts of s are clean.
func (s Summary) markdown(limit int) string {
	first, rest := s.split()
	head, open, end, tail := s.opening(), s.unfold(len(rest)), s.fold(len(rest)), s.closing()
	body, left := s.fit(first, limit-len(head)-len(tail)-len(open)-len(end)-len(leftOut(len(s.Rows))))
	switch {
	case left < 0: // there is not even room for that
		return s.bare(limit)
	case len(body) < len(first):
		return head + strings.Join(body, "") + leftOut(len(s.Rows)-len(body)) + tail
	case len(rest) == 0:
		return head + strings.Join(body, "") + tail
	}
	more, _ := s.fit(rest, left)
	text := head + strings.Join(body, "") + open + strings.Join(more, "") + end
	if len(more) < len(rest) {
		text += leftOut(len(rest) - len(more))
	}
	return text + tail
}

// split separates the rows that are shown immediately, problems first, from those
// behind a click. A row is an index.
func (s Summary) split() (first, rest []int) {
	for i := range s.Rows {
		if s.mark(i) == Bad {
			first = append(first, i)
		}
	}
	for i := range s.Rows {
		if s.mark(i) != Bad {
			first = append(first, i)
		}
	}
	if len(first) <= longTable {
		return first, nil
	}
	return first[:longTable:longTable], first[longTable:]
}

func (s Summary) mark(row int) Mark {
	if row < len(s.Marks) {
		return s.Marks[row]
	}
	return None
}

// fit returns as many of the rows as fit, in Markdown, and the remaining room.
func (s Summary) fit(rows []int, room int) (texts []string, left int) {
	for _, i := range rows {
		row := s.row(i)
		if len(row) > room {
			break
		}
		room -= len(row)
		texts = append(texts, row)
	}
	return texts, room
}

func (s Summary) row(i int) string {
	if len(s.Marks) == 0 {
		return tableRow(s.Rows[i], cell)
	}
	return "| " + strings.TrimSpace(s.mark(i).sign()) + " " + tableRow(s.Rows[i], cell)
}

// bare returns the title and the problems, as far as they fit.
func (s Summary) bare(limit int) string {
	head := s.title() + leftOut(len(s.Rows))
	if len(head) > limit {
		return ""
	}
	return head
}

// unfold begins the table behind a click. Markdown inside HTML needs an empty line
// before it (GitHub Flavored Markdown, section 4.6).
func (s Summary) unfold(rows int) string {
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("\n<details><summary>%s</summary>\n\n", number(rows, "more row")) + s.tableHead()
}

func (s Summary) fold(rows int) string {
	if rows == 0 {
		return ""
	}
	return "\n</details>\n"
}

func leftOut(rows int) string {
	return fmt.Sprintf("\n_%d more rows are left out: a job summary is limited to 1 MiB._\n", rows)
}

// title is empty for a summary that continues another.
func (s Summary) title() string {
	if s.Title == "" {
		return ""
	}
	return "### " + s.Mark.sign() + prose(s.Title) + "\n\n"
}

// opening returns everything before the rows.
func (s Summary) opening() string {
	text := s.title()
	for _, lead := range s.Lead {
		text += prose(lead) + "\n\n"
	}
	for _, fact := range s.Facts {
		text += "- " + prose(fact[0]) + ": " + prose(fact[1]) + "\n"
	}
	if len(s.Facts) > 0 {
		text += "\n"
	}
	text += s.problems()
	if len(s.Head) == 0 || len(s.Rows) == 0 {
		return text
	}
	return text + s.tableHead()
}

// problems lists what is wrong; a long list continues behind a click.
func (s Summary) problems() string {
	if len(s.Problems) == 0 {
		return ""
	}
	var b strings.Builder
	for i, problem := range s.Problems {
		if i == longList {
			fmt.Fprintf(&b, "\n<details><summary>%d more</summary>\n\n", len(s.Problems)-longList)
		}
		b.WriteString("- " + Bad.sign() + prose(problem) + "\n")
	}
	if len(s.Problems) > longList {
		b.WriteString("\n</details>\n")
	}
	return b.String() + "\n"
}

// withoutHTML returns Markdown of ours without its tags. All other angle brackets in
// it are character references. No documentation says which tags the page of Azure
// Pipelines shows, and it does not reliably fold text (microsoft/testfx#11335).
func withoutHTML(markdown string) string {
	return strings.NewReplacer("<code>", "", "</code>", "", "<details><summary>", "**", "</summary>", ":**", "\n</details>\n", "").Replace(markdown)
}

func (s Summary) tableHead() string {
	before, line := "", ""
	if len(s.Marks) > 0 {
		before, line = "| ", "| --- "
	}
	return before + tableRow(s.Head, prose) + line + "|" + strings.Repeat(" --- |", len(s.Head)) + "\n"
}

func (s Summary) closing() string {
	var b strings.Builder
	for _, note := range s.Notes {
		b.WriteString("\n" + prose(note) + "\n")
	}
	if len(s.Todo) > 0 && (s.Title == "" || len(s.Rows)+len(s.Notes) > 0) {
		b.WriteString("\n") // or the heading would be a row of the table before it
	}
	if len(s.Todo) > 0 {
		b.WriteString("**What to do**\n\n")
	}
	for _, todo := range s.Todo {
		b.WriteString("- " + prose(todo) + "\n")
	}
	if s.Page != "" {
		b.WriteString("\n[About " + s.Page + "](" + s.Address + ")\n")
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

// cell formats a text in a table: words as words, and ids, paths and values as code.
func cell(text string) string { return prose(text) }

// inCode formats a text as code: GitHub looks for mentions, references and emoji in
// rendered text, but not in code.
func inCode(text string) string {
	if text == "" {
		return ""
	}
	return "<code>" + entities(unspan.Replace(text)) + "</code>"
}

// prose formats a text of words. Anything that is not a plain word (an id, a path, a
// mention, an address) is formatted as code, where it is readable and has no special
// meaning. Adjacent ones share one code span.
func prose(text string) string {
	var parts []string
	code := false // the previous part is code
	for _, word := range strings.Fields(spans(text)) {
		before, body, after := trimmed(word)
		switch {
		case isWord(body):
			parts, code = append(parts, entities(word)), false
		case code && before == "" && !strings.Contains(body, spanOpen):
			last := strings.TrimSuffix(parts[len(parts)-1], "</code>")
			parts[len(parts)-1] = last + " " + strings.TrimPrefix(inCode(body), "<code>") + entities(after)
			code = after == ""
		default:
			parts, code = append(parts, entities(before)+inCode(body)+entities(after)), after == "" && !strings.Contains(body, spanOpen)
		}
	}
	line := strings.Join(parts, " ")
	if line != "" && strings.ContainsRune("-+0123456789", rune(line[0])) {
		return fmt.Sprintf("&#%d;%s", line[0], line[1:]) // otherwise it would begin a list or a rule
	}
	return line
}

// Text in backticks is treated as one word, between two marks and with a third mark
// for its spaces. Clean text contains no private-use characters.
const (
	spanOpen  = "\ue000"
	spanSpace = "\ue001"
	spanClose = "\ue002"
)

var unspan = strings.NewReplacer(spanOpen, "", spanSpace, " ", spanClose, "")

// spans turns text in backticks into single words.
func spans(text string) string {
	parts := strings.Split(text, "`")
	if len(parts) < 3 {
		return text
	}
	var b strings.Builder
	for i, part := range parts {
		switch {
		case i%2 == 0:
			b.WriteString(part)
		case i == len(parts)-1: // there is no closing backtick
			b.WriteString("`" + part)
		case strings.TrimSpace(part) == "":
			b.WriteString("`" + part + "`")
		default:
			b.WriteString(spanOpen + strings.ReplaceAll(strings.TrimSpace(part), " ", spanSpace) + spanClose)
		}
	}
	return b.String()
}

// trimmed separates a word from the punctuation around it.
func trimmed(word string) (before, body, after string) {
	body = strings.TrimLeft(word, `("`)
	before = word[:len(word)-len(body)]
	body = strings.TrimRight(body, `.,;:?!)"`)
	return before, body, word[len(before)+len(body):]
}

// isWord reports whether a text consists of words, perhaps with hyphens between
// them, or is a date or a time of day, or a sign between words. GH-1 is a reference
// to an issue.
func isWord(s string) bool {
	if isTime(s) || s == ">" || s == "+" || s == "→" {
		return true
	}
	parts := strings.Split(s, "-")
	if len(parts) == 2 && strings.EqualFold(parts[0], "GH") {
		return false
	}
	for _, part := range parts {
		letters := func(r rune) bool { return unicode.IsLetter(r) || r == '\'' }
		if !all(part, letters) && !isShort(part) {
			return false
		}
	}
	return true
}

// isShort reports whether a text has too few letters and digits to be a commit id.
func isShort(s string) bool {
	return len(s) < 7 && all(s, func(r rune) bool { return r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) })
}

func all(s string, is func(rune) bool) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !is(r) })
}

// isTime reports whether a text has the form of 2026-12-01 or of 12:29.
func isTime(s string) bool {
	shape := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, s)
	return shape == "0000-00-00" || shape == "00:00" || shape == "00:00:00"
}

// entities writes everything that has a meaning in Markdown as a character
// reference, which never has one (GitHub Flavored Markdown, section 6.2). Besides
// ASCII punctuation that is the dot of a bare www. address.
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

// isInert reports whether a rune has no meaning in Markdown within a line.
func isInert(r rune) bool {
	return r >= utf8.RuneSelf || unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,-+%?'=", r)
}
