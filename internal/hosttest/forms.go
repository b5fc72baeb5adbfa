package hosttest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// form is a way to encode a secret.
type form struct{ name, needle string }

// forms lists all forms, the common ones first. Names can repeat.
func forms(s string) []form {
	return slices.Concat(
		[]form{{"plain", s}},
		baseForms(s),
		hexForms(s),
		urlForms(s),
		quotedForms(s),
		markupForms(s),
		disguises(s),
		wideForms(s),
	)
}

// baseForms are base64 and base32 of the secret at any position in longer data,
// base64 of base64, and PowerShell's encoded commands.
func baseForms(s string) []form {
	var all []form
	for name, in := range map[string]string{
		"":                         s,
		" of base64":               base64.StdEncoding.EncodeToString([]byte(s)),
		" of base64 of basic":      base64.StdEncoding.EncodeToString([]byte(":" + s)),
		" of little-endian UTF-16": utf16Bytes(s, binary.LittleEndian),
	} {
		for at := range 3 {
			place := fmt.Sprintf("%s at byte %d of 3", name, at)
			all = append(all,
				form{"base64" + place, inner(base64.RawStdEncoding.EncodeToString, 6, at, in)},
				form{"base64url" + place, inner(base64.RawURLEncoding.EncodeToString, 6, at, in)})
		}
	}
	for at := range 5 {
		code := inner(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString, 5, at, s)
		place := fmt.Sprintf("base32 at byte %d of 5", at)
		all = append(all, form{place, code}, form{place, strings.ToLower(code)})
	}
	slices.SortStableFunc(all, func(a, b form) int { return strings.Compare(a.name, b.name) })
	return all
}

// inner returns the part of the code that depends only on s, for any data around it:
// at bytes before it, in whole characters of the given number of bits.
func inner(encode func([]byte) string, bits, at int, s string) string {
	code := encode(append(make([]byte, at), s...))
	first := (8*at + bits - 1) / bits
	last := 8 * (at + len(s)) / bits
	return code[min(first, last):last]
}

func hexForms(s string) []form {
	lower := hex.EncodeToString([]byte(s))
	bytesWith := func(format, separator string) string {
		parts := make([]string, len(s))
		for i := range len(s) {
			parts[i] = fmt.Sprintf(format, s[i])
		}
		return strings.Join(parts, separator)
	}
	return []form{
		{"hex", lower},
		{"hex", strings.ToUpper(lower)},
		{"hex with separators", bytesWith("%02x", ":")},
		{"hex with separators", bytesWith("%02X", ":")},
		{"hex with separators", bytesWith("%02x", "-")},
		{"hex with separators", bytesWith("%02X", "-")},
		{"hex array", bytesWith("0x%02x", ",")},
		{"hex array", bytesWith("0x%02X", ",")},
		{"hex array", bytesWith("0x%x", ",")},
		{"decimal array", bytesWith("%d", " ")},
		{"decimal array", bytesWith("%d", ",")},
		{"octal escapes", bytesWith(`\%03o`, "")},
		{"binary", bytesWith("%08b", "")},
	}
}

func urlForms(s string) []form {
	none := func(byte) bool { return false }
	keep := func(more string) func(byte) bool { // like JavaScript
		return func(c byte) bool { return unreserved(c) || strings.IndexByte(more, c) >= 0 }
	}
	var all []form
	for _, f := range []form{
		{"percent-encoded", percent(s, unreserved, "%%%02X")},
		{"percent-encoded", percent(s, alphanumeric, "%%%02X")},
		{"percent-encoded", url.PathEscape(s)},
		{"percent-encoded", percent(s, keep("!*'()"), "%%%02X")},
		{"percent-encoded", percent(s, keep("!*'();/?:@&=+$,#"), "%%%02X")},
		{"percent-encoded in full", percent(s, none, "%%%02X")},
		{"form-encoded", url.QueryEscape(s)},
		{"percent-encoded twice", url.QueryEscape(url.QueryEscape(s))},
		{"quoted-printable", percent(s, func(c byte) bool { return ' ' <= c && c <= '~' && c != '=' }, "=%02X")},
		{"quoted-printable in full", percent(s, none, "=%02X")},
	} {
		all = append(all, f, form{f.name, lowerHex(f.needle)})
	}
	return append(all,
		form{"escaped for the GitHub runner", strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)},
		form{"escaped for the GitHub runner", strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)},
		form{"escaped for the Azure Pipelines agent", escapeLogging(s)},
	)
}

// lowerHex writes the two digits after each '%' or '=' in lower case.
func lowerHex(s string) string {
	b := []byte(s)
	for i := range b {
		if (b[i] == '%' || b[i] == '=') && i+2 < len(b) {
			copy(b[i+1:], strings.ToLower(string(b[i+1:i+3])))
		}
	}
	return string(b)
}

// disguises are the tricks that people use to print a secret.
func disguises(s string) []form {
	runes := []rune(s)
	slices.Reverse(runes)
	return append(linesOf(s),
		form{"reversed", string(runes)},
		form{"rot13", strings.Map(rot13, s)},
		form{"in upper case", strings.ToUpper(s)},
		form{"in lower case", strings.ToLower(s)},
		form{"separated by commas", separated(s, ",")},
		form{"separated by dots", separated(s, ".")},
		form{"separated by dashes", separated(s, "-")},
	)
}

// linesOf returns the lines of a multi-line secret that are long enough to be secret
// on their own.
func linesOf(s string) []form {
	var all []form
	for _, line := range readLines([]byte(s)) {
		if line = strings.TrimSpace(line); len(line) >= 2*shortestNeedle {
			all = append(all, form{"a line of it", line})
		}
	}
	return all
}

func rot13(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case 'A' <= r && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

func separated(s, separator string) string { return strings.Join(strings.Split(s, ""), separator) }

func wideForms(s string) []form {
	return []form{
		{"UTF-16", utf16Bytes(s, binary.LittleEndian)},
		{"UTF-16", utf16Bytes(s, binary.BigEndian)},
	}
}

func utf16Bytes(s string, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}
