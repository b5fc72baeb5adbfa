package auth

import (
	"bytes"
	"strings"
	"unicode"
)

const maxClean = 300 // maximum characters of text from outside in one message

// clean prepares text from outside for a message: one line, printable, shortened.
// The code that prints it still makes it safe for its host.
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

// firstLine returns the first line of a text from outside.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(s, "\r\n"), "\n")
	line, _, _ = strings.Cut(line, " Trace ID:") // Entra sometimes writes everything in one line
	return strings.TrimSpace(line)
}

// withoutMark removes the byte order mark at the beginning of a text.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) }
