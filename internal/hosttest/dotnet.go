package hosttest

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
)

// What both hosts inherit from .NET, in which they are written.

// bom is the mark that StreamReader and File.ReadAllText take off the beginning.
const bom = "\ufeff"

// text decodes as .NET's UTF-8 does: each byte that is none becomes U+FFFD.
func text(data []byte) string {
	return strings.TrimPrefix(string([]rune(string(data))), bom)
}

// readLines splits one whole stream as StreamReader.ReadLine does: at LF, CRLF
// and a CR alone. Both hosts read a step's stdout and stderr so (ProcessInvoker.cs).
func readLines(stream []byte) []string {
	var lines []string
	for rest := text(stream); rest != ""; {
		end := strings.IndexAny(rest, "\r\n")
		if end < 0 {
			return append(lines, rest)
		}
		lines = append(lines, rest[:end])
		after := rest[end:]
		rest = after[1:]
		if strings.HasPrefix(after, "\r\n") {
			rest = after[2:]
		}
	}
	return lines
}

// splitLines is how ExecutionContext.Debug of both hosts splits a message.
func splitLines(s string) []string {
	return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
}

// ordinalUpper is what StringComparer.OrdinalIgnoreCase compares: every character
// in upper case, save the two whose upper case is ASCII and that .NET therefore
// leaves alone (dotnet/runtime pal_casing.c).
func ordinalUpper(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 'ı' || r == 'ſ' {
			return r
		}
		return unicode.ToUpper(r)
	}, s)
}

func sameName(a, b string) bool { return ordinalUpper(a) == ordinalUpper(b) }

// parseBool is Boolean.TryParse: "true" or "false" in any case, with white space
// and NULs around it; anything else is false.
func parseBool(s string) bool {
	return sameName(strings.TrimFunc(s, func(r rune) bool { return r == 0 || unicode.IsSpace(r) }), "true")
}

// length is String.Length: UTF-16 units.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// cut shortens s to n UTF-16 units at most.
func cut(s string, n int) string {
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > n {
			return s[:i]
		}
	}
	return s
}

// properties parses `k=v` pairs as both hosts do, with
// String.Split(…, RemoveEmptyEntries) twice: empty pairs do not count, a pair
// without a key or without a value does not either, and '=' at the beginning of
// a value is lost, because what stands between two separators is an empty entry.
func properties(list, separator string, unescape func(string) string) map[string]string {
	props := map[string]string{}
	for _, pair := range strings.Split(list, separator) {
		key, value, _ := strings.Cut(strings.TrimLeft(pair, "="), "=")
		if value = strings.TrimLeft(value, "="); key != "" && value != "" {
			props[strings.ToLower(key)] = unescape(value)
		}
	}
	return props
}

// unescaper replaces one escape after the other in the order given, each in all
// of the text: what one replacement makes, the next may take for an escape.
func unescaper(tokenAndEscape ...[2]string) func(string) string {
	return func(s string) string {
		for _, m := range tokenAndEscape {
			s = strings.ReplaceAll(s, m[1], m[0])
		}
		return s
	}
}

// visible leaves out what a culture-aware search does not see. IndexOf(string)
// and StartsWith(string) of .NET compare by ICU's collation, which ignores
// control and format characters, variation selectors and the like.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return r
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
			return -1
		}
		return r
	}, s)
}

// joinLines is the inverse of readLines.
func joinLines(lines []string) []byte {
	var b bytes.Buffer
	for _, l := range lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return b.Bytes()
}
