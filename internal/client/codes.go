package client

import (
	"strings"
	"unicode"
)

// kebab converts camel case to kebab case, with a run of capitals as one word:
// globalPATCreationBlocked becomes global-pat-creation-blocked. Any character other
// than an ASCII letter or digit ends a word, so that no text from outside gets into
// a code. At most 64 characters are read.
func kebab(s string) string {
	runes := []rune(s)
	runes = runes[:min(len(runes), 64)]
	var b strings.Builder
	for i, r := range runes {
		if !isWord(r) {
			dash(&b)
			continue
		}
		if i > 0 && unicode.IsUpper(r) && startsWord(runes, i) {
			dash(&b)
		}
		b.WriteRune(unicode.ToLower(r))
	}
	if word := strings.Trim(b.String(), "-"); word != "" {
		return word
	}
	return "unknown"
}

// startsWord reports whether the capital at i begins a word: after a lower-case
// letter or digit, or as the last capital of a run before a lower-case letter.
func startsWord(runes []rune, i int) bool {
	return !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

func isWord(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func dash(b *strings.Builder) {
	if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
		b.WriteByte('-')
	}
}
