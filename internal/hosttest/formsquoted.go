package hosttest

import (
	"encoding/json"
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"
)

// quotedForms are the forms of languages and shells, without the surrounding quotes.
func quotedForms(s string) []form {
	all := []form{
		{"JSON", jsonEscape(s)},
		{"JSON", jsonGo(s)},
		{"JSON", strings.ReplaceAll(jsonEscape(s), "/", `\/`)},
		{"JSON in JSON", jsonEscape(jsonEscape(s))},
		{"JSON in JSON", jsonGo(jsonGo(s))},
		{"Go", unquoted(strconv.Quote(s))},
		{"Go", unquoted(strconv.QuoteToASCII(s))},
		{"Go of Go", unquoted(strconv.Quote(strconv.Quote(s)))},
		{"single-quoted for a shell", strings.ReplaceAll(s, "'", `'\''`)},
		{"single-quoted for a shell", strings.ReplaceAll(s, "'", `'"'"'`)},
		{"single quotes doubled", strings.ReplaceAll(s, "'", "''")},
		{"double quotes doubled", strings.ReplaceAll(s, `"`, `""`)},
		{"double quotes escaped", strings.ReplaceAll(s, `"`, `\"`)},
		{"backslashes doubled", strings.ReplaceAll(s, `\`, `\\`)},
		{"backslashes taken away", backslashUnescape(s)},
		{"escaped for a shell", shellEscape(s)},
		{"escaped for cmd.exe", escapeWith(s, "^", `&|<>^()%!"`)},
		{"escaped for PowerShell", escapeWith(s, "`", "`\"'$")},
	}
	for _, format := range []string{`\u%04x`, `\u%04X`, `\u{%x}`, `\U%08x`, `\x%02x`, `\x%02X`} {
		all = append(all, form{"escaped in full", utf16Format(s, format)}, form{"escaped but for ASCII", asciiFormat(s, format)})
	}
	return all
}

func unquoted(s string) string { return s[1 : len(s)-1] }

// jsonGo is JSON like encoding/json writes it, safe for HTML.
func jsonGo(s string) string {
	quoted, _ := json.Marshal(s) // strings always encode
	return unquoted(string(quoted))
}

func shellEscape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 && !unreserved(byte(r)) && !strings.ContainsRune("/@:+,%", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func escapeWith(s, escape, special string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune(special, r) {
			b.WriteString(escape)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func utf16Format(s, format string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, format, unit)
	}
	return b.String()
}

func asciiFormat(s, format string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(s)) {
		if unit < 0x80 {
			b.WriteByte(byte(unit))
		} else {
			fmt.Fprintf(&b, format, unit)
		}
	}
	return b.String()
}

// markupForms are the forms of XML, HTML and Markdown.
func markupForms(s string) []form {
	var decimal, hexadecimal strings.Builder
	for _, r := range s {
		fmt.Fprintf(&decimal, "&#%d;", r)
		fmt.Fprintf(&hexadecimal, "&#x%x;", r)
	}
	xml := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	all := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")
	return []form{
		{"XML", xml.Replace(s)},
		{"XML", all.Replace(s)},
		{"XML", strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)},
		{"HTML", html.EscapeString(s)},
		{"HTML twice", html.EscapeString(html.EscapeString(s))},
		{"HTML in full", decimal.String()},
		{"HTML in full", hexadecimal.String()},
		{"HTML in full", strings.ToUpper(hexadecimal.String())},
		{"Markdown", escapeWith(s, `\`, "\\`*_{}[]()#+-.!|<>~")},
		{"Markdown table", strings.ReplaceAll(s, "|", `\|`)},
	}
}
