package hosttest

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
)

// Behavior that both hosts inherit from .NET.

// bom is the byte order mark that StreamReader and File.ReadAllText remove.
const bom = "\ufeff"

// text decodes like .NET's UTF-8 decoder: each invalid byte becomes U+FFFD.
func text(data []byte) string {
	return strings.TrimPrefix(string([]rune(string(data))), bom)
}

// readLines splits a complete stream like StreamReader.ReadLine: at LF, CRLF and a
// single CR. Both hosts read a step's stdout and stderr this way
// (ProcessInvoker.cs).
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

// splitLines splits a message like ExecutionContext.Debug of both hosts.
func splitLines(s string) []string {
	return strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
}

// ordinalUpper returns what StringComparer.OrdinalIgnoreCase compares: every
// character in upper case, except the two whose upper case is ASCII, which .NET
// leaves unchanged (dotnet/runtime pal_casing.c).
func ordinalUpper(s string) string {
	return strings.Map(func(r rune) rune {
		if r == 'ı' || r == 'ſ' {
			return r
		}
		return unicode.ToUpper(r)
	}, s)
}

func sameName(a, b string) bool { return ordinalUpper(a) == ordinalUpper(b) }

// parseBool is Boolean.TryParse: "true" or "false" in any case, surrounded by white
// space and NULs. Everything else is false.
func parseBool(s string) bool {
	return sameName(strings.TrimFunc(s, func(r rune) bool { return r == 0 || unicode.IsSpace(r) }), "true")
}

// length is String.Length: UTF-16 units.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// cut shortens s to at most n UTF-16 units.
func cut(s string, n int) string {
	units := 0
	for i, r := range s {
		if units += utf16.RuneLen(r); units > n {
			return s[:i]
		}
	}
	return s
}

// properties parses `k=v` pairs like both hosts, with String.Split(…,
// RemoveEmptyEntries) twice. Empty pairs, and pairs without a key or a value, are
// ignored, and '=' at the beginning of a value is lost, because the text between two
// separators is an empty entry.
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

// unescaper replaces one escape after the other, in the given order, each in the
// whole text. The result of one replacement can be an escape for the next one.
func unescaper(tokenAndEscape ...[2]string) func(string) string {
	return func(s string) string {
		for _, m := range tokenAndEscape {
			s = strings.ReplaceAll(s, m[1], m[0])
		}
		return s
	}
}

// visible removes what a culture-aware search ignores. IndexOf(string) and
// StartsWith(string) of .NET use ICU's collation, which ignores control and format
// characters, variation selectors and others.
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
