// Package text words what several rooms say alike: numbers of things, and
// foreign text cut to fit a line.
package text

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// Count is a number of things: 1 PAT, 2 PATs.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Clip leaves out control characters and cuts at n characters.
func Clip(s string, n int) string {
	r := []rune(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	return strings.TrimSpace(string(r[:min(len(r), n)]))
}

// WithArticle is a noun with a or an before it.
func WithArticle(noun string) string {
	if noun != "" && strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// Unencoded is what a percent-encoded name means; ok is false for a name that
// does not look like one. It comes from the address bar of a browser.
func Unencoded(name string) (plain string, ok bool) {
	plain, err := url.PathUnescape(name)
	return plain, err == nil && plain != name
}
