package auth

import (
	"bytes"
	"strings"
	"unicode"
)

const maxClean = 300 // characters of foreign text in one message

// clean makes foreign text fit for a message: one line, printable, bounded.
// Whoever prints it still neutralises it for its host.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxClean {
		s = string(runes[:maxClean]) + "…"
	}
	return strings.TrimSpace(s)
}

// firstLine is what foreign text says first.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(s, "\r\n"), "\n")
	line, _, _ = strings.Cut(line, " Trace ID:") // Entra sometimes writes it all in one line
	return strings.TrimSpace(line)
}

// withoutMark takes off the byte order mark that a text may begin with.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }
