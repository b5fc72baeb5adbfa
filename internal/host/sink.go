package host

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxText is the maximum number of bytes of text in one line. GitHub cuts an
	// annotation at 4,096 characters (actions/runner ExecutionContext.cs).
	maxText = 4000
	cutMark = " [cut]"
)

// clean makes a text from anywhere safe to show: one visible line without a secret
// and without a command.
func (h *Host) clean(text string) string { return neutralise(h.opts.Masks.Excerpt(text)) }

// neutralise turns any text into one visible line. Characters that cannot be printed
// become an escape such as \n or \u200b, and "##", which begins a command anywhere in
// a line on both CI hosts, becomes "# #".
//
// On GitHub, "::" begins a command only at the start of a line, and azstep's lines
// start with a word of its own.
func neutralise(text string) string {
	var b strings.Builder
	hash := false // there is a # before, followed only by characters that are not ASCII
	for len(text) > 0 && b.Len() <= maxText {
		r, size := utf8.DecodeRuneInString(text)
		if !visible(r, size) {
			b.WriteString(escape(r, text[:size]))
			text, hash = text[size:], false
			continue
		}
		if r == '#' && hash {
			b.WriteByte(' ')
		}
		// .NET compares by culture and skips runes without weight, so a # may be
		// joined to another one across runes that are not ASCII.
		hash = r == '#' || hash && r >= utf8.RuneSelf
		b.WriteString(text[:size])
		text = text[size:]
	}
	return cut(b.String(), maxText)
}

// visible reports whether a rune is visible. Variation selectors and fillers are
// printable by their class, but invisible.
func visible(r rune, size int) bool {
	if r == utf8.RuneError && size == 1 {
		return false
	}
	return unicode.IsPrint(r) && !unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

func escape(r rune, raw string) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r == utf8.RuneError || r < 0x80:
		return fmt.Sprintf(`\x%02x`, raw[0])
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// cut shortens a text to at most limit bytes, and says so at its end.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := limit - len(cutMark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + cutMark
}
