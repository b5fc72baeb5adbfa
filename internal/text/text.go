// Package text words what several rooms say alike: numbers of things, and
// foreign text cut to fit a line.
package text

import (
	"fmt"
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
