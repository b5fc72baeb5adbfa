package mask

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// minInterior is the minimum number of characters for which the inside of a base64
// text is a form: shorter ones may occur in any base64 text.
const minInterior = 8

// base64Forms returns s alone, s as the password of basic authentication without a
// user, and s in the middle of a longer text, in both alphabets. It includes forms
// without padding, which URLs and JWTs omit.
func base64Forms(s string) []string {
	return bothAlphabets(slices.Concat(encoded([]byte(s)), encoded([]byte(":"+s)), interiors([]byte(s))))
}

// wideForms returns base64 of s in UTF-16, alone and in the middle of a longer text,
// as in PowerShell's -EncodedCommand with a command that contains s.
func wideForms(s string) []string {
	wide := make([]byte, 0, 2*len(s))
	for _, unit := range utf16.Encode([]rune(s)) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	return slices.Concat(encoded(wide), interiors(wide))
}

// encoded returns base64 of s with and without padding.
func encoded(s []byte) []string {
	text := base64.StdEncoding.EncodeToString(s)
	return []string{text, strings.TrimRight(text, "=")}
}

// interiors returns the parts of base64 that depend only on s, whatever precedes and
// follows it. A character encodes six bits; characters at either end that share
// theirs with a neighbor of s are left out.
func interiors(s []byte) (parts []string) {
	for before := range 3 { // the number of preceding bytes modulo 3
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, before, before+len(s)), s...))
		if part := text[(8*before+5)/6 : 8*(before+len(s))/6]; len(part) >= minInterior {
			parts = append(parts, part)
		}
	}
	return parts
}

// bothAlphabets adds the forms that look different in the alphabet for URLs.
func bothAlphabets(forms []string) []string {
	for _, f := range forms {
		if strings.ContainsAny(f, "+/") {
			forms = append(forms, urlAlphabet.Replace(f))
		}
	}
	return forms
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

const (
	upperHex = "0123456789ABCDEF"
	lowerHex = "0123456789abcdef"
)

// percentForms differ in which characters they keep, in the case of their digits
// (RFC 3986, section 2.1, allows both), and in whether a space becomes a plus.
func percentForms(s string) []string {
	return []string{
		percent(s, "-._~", "%20", upperHex),                 // RFC 3986: curl, Python's quote with safe=""; .NET's EscapeDataString
		percent(s, "-._~", "%20", lowerHex),                 // the same in lower case
		percent(s, "-._~/", "%20", upperHex),                // Python's quote
		percent(s, "-._~!'()*", "%20", upperHex),            // JavaScript's encodeURIComponent
		percent(s, "-._~", "+", upperHex),                   // Go's url.QueryEscape, Python's quote_plus
		percent(s, "-._*", "+", upperHex),                   // HTML forms: browsers, URLSearchParams, Java
		percent(s, "-._!()*", "+", lowerHex),                // .NET's HttpUtility.UrlEncode
		percent(s, "-._~$&+=:@", "%20", upperHex),           // in a path: Go's url.PathEscape
		percent(s, "-._~$&+,;=", "%20", upperHex),           // in front of a host: Go's url.UserPassword
		percent(s, "-._~!*'();/?:@&=+$,#", "%20", upperHex), // JavaScript's encodeURI
	}
}

func percent(s, keep, space, digits string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteString(space)
		case isAlnum(c) || strings.IndexByte(keep, c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}

func isAlnum(c byte) bool {
	return '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

// jsonForms returns the forms between the quotes of a JSON string.
func jsonForms(s string) []string {
	plain := jsonText(s)
	html := func(r rune) bool { return strings.ContainsRune("<>&", r) }
	wide := func(r rune) bool { return r >= utf8.RuneSelf }
	dotnet := func(r rune) bool { return wide(r) || strings.ContainsRune("\"&'+<>`", r) }
	ascii := unicodeEscape(plain, `\u%04x`, wide)
	return []string{
		plain,                                // JavaScript, jq
		unicodeEscape(plain, `\u%04x`, html), // Go
		ascii,                                // Python, azstep itself
		strings.ReplaceAll(ascii, "/", `\/`), // PHP
		unicodeEscape(strings.ReplaceAll(plain, `\"`, `"`), `\u%04X`, dotnet), // .NET's System.Text.Json
	}
}

// jsonText returns s as a JSON string with as few escapes as possible, without
// quotes.
func jsonText(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // writing a string into a buffer cannot fail
	text := strings.TrimSuffix(b.String(), "\n")
	return text[1 : len(text)-1]
}

// unicodeEscape writes special characters in the given format, which applies to one
// UTF-16 unit.
func unicodeEscape(s, format string, special func(rune) bool) string {
	var b strings.Builder
	for _, r := range s {
		if !special(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, format, unit)
		}
	}
	return b.String()
}

// markupForms returns s in XML and HTML. Programs agree on &, < and >, but not on
// quotes.
func markupForms(s string) (forms []string) {
	if !strings.ContainsAny(s, `&<>"'`) {
		return nil
	}
	for _, quotes := range [][2]string{
		{"&quot;", "&apos;"}, // XML
		{"&#34;", "&#39;"},   // Go, Jinja
		{"&quot;", "&#39;"},  // .NET's WebUtility.HtmlEncode, Ruby
		{"&quot;", "&#x27;"}, // Python
		{`"`, "'"},           // text between tags
	} {
		escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, quotes[0], "'", quotes[1])
		forms = append(forms, escape.Replace(s))
	}
	return forms
}
