// Package text formats what several packages print: counts of things, times, and
// text from services shortened to fit a line.
package text

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Count formats a number of things: 1 PAT, 2 PATs.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Clip removes control characters and shortens s to n characters.
func Clip(s string, n int) string {
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	return strings.TrimSpace(string(r[:min(len(r), n)]))
}

// WithArticle puts "a" or "an" before a noun.
func WithArticle(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// Unencoded decodes a percent-encoded name, as users copy it from a browser's
// address bar. ok is false if the name does not look encoded.
func Unencoded(name string) (plain string, ok bool) {
	plain, err := url.PathUnescape(name)
	return plain, err == nil && plain != name
}
