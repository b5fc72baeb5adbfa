package client

import (
	"strings"
	"unicode"
)

// kebab writes camel case in kebab case, where a run of capitals is one word:
// globalPATCreationBlocked is global-pat-creation-blocked. Whatever is neither
// an ASCII letter nor a digit ends a word, so that no foreign text gets into a
// code; at most 64 characters are read.
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

// startsWord says whether the capital at i begins a word: after a small letter
// or digit, or as the last capital of a run before a small letter.
func startsWord(runes []rune, i int) bool {
	return !unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])
}

func isWord(r rune) bool { return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

func dash(b *strings.Builder) {
	if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
		b.WriteByte('-')
	}
}
