package hosttest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// runnerEncoders are the forms that the runner masks with every value, in its order
// (actions/runner HostContext.cs, ValueEncoders.cs).
func runnerEncoders() []encoder {
	return []encoder{
		shifted(0), shifted(1), shifted(2),
		replacer(`"`, `\"`), // CommandLineArgumentEscape
		replacer(`'`, `''`), // ExpressionStringEscape
		always(jsonEscape),
		always(uriEscape),
		replacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;"), // XmlDataEscape
		always(trimDoubleQuotes),
		always(beforeAmpersand),
		afterAmpersand,
	}
}

// agentEncoders are the forms that the agent masks (azure-pipelines-agent
// HostContext.cs), without base64.
func agentEncoders() []encoder {
	return []encoder{always(jsonEscape), always(uriEscape), always(backslashUnescape)}
}

func always(encode func(string) string) encoder {
	return func(s string) (string, error) { return encode(s), nil }
}

func replacer(oldnew ...string) encoder { return always(strings.NewReplacer(oldnew...).Replace) }

// shifted is Base64StringEscape, …Shift1 and …Shift2: base64 of everything except
// the first n bytes, with padding. A value of at most n bytes is encoded completely.
func shifted(n int) encoder {
	return always(func(s string) string {
		if len(s) > n {
			s = s[n:]
		}
		return base64.StdEncoding.EncodeToString([]byte(s))
	})
}

// jsonEscape is JsonConvert.ToString of Newtonsoft.Json without the quotes.
func jsonEscape(s string) string {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	var b strings.Builder
	for _, r := range s {
		switch esc, ok := short[r]; {
		case ok:
			b.WriteString(esc)
		case r < ' ' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// uriEscape is Uri.EscapeDataString: it keeps only the unreserved characters of RFC
// 3986.
func uriEscape(s string) string { return percent(s, unreserved, "%%%02X") }

// percent formats the bytes of s that keep rejects.
func percent(s string, keep func(byte) bool, format string) string {
	var b strings.Builder
	for i := range len(s) {
		if keep(s[i]) {
			b.WriteByte(s[i])
		} else {
			fmt.Fprintf(&b, format, s[i])
		}
	}
	return b.String()
}

func unreserved(c byte) bool {
	return alphanumeric(c) || strings.IndexByte("-._~", c) >= 0
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// trimDoubleQuotes removes the quotes of a quoted value of more than eight
// characters.
func trimDoubleQuotes(s string) string {
	if length(s) > 8 && strings.HasPrefix(s, `"`) && strings.HasSuffix(s, `"`) {
		return s[1 : len(s)-1]
	}
	return ""
}

// PowerShell prints a failed command in two parts, around its `&+` or last `&`, and
// colors the character after `&+`. Parts of fewer than six characters are not
// masked.
const ampersandPart = 6

func beforeAmpersand(s string) string { // PowerShellPreAmpersandEscape
	end := strings.LastIndex(s, "&") + 1
	if i := strings.Index(s, "&+"); i >= 0 {
		end = i + 2
	}
	return longEnough(s[:end])
}

// afterAmpersand is PowerShellPostAmpersandEscape. It fails for a value that ends
// with its first `&+`, because there is no character to skip. Such a value cannot be
// masked and fails the step.
func afterAmpersand(s string) (string, error) {
	if i := strings.Index(s, "&+"); i >= 0 {
		rest := []rune(s[i+2:])
		if len(rest) == 0 {
			return "", errors.New("start index cannot be larger than length of string")
		}
		return longEnough(string(rest[1:])), nil
	}
	if i := strings.LastIndex(s, "&"); i >= 0 {
		return longEnough(s[i+1:]), nil
	}
	return "", nil
}

func longEnough(s string) string {
	if length(s) < ampersandPart {
		return ""
	}
	return s
}

// backslashUnescape is BackslashEscape of the agent, which removes escapes.
func backslashUnescape(s string) string {
	return unescaper([2]string{`\`, `\\`}, [2]string{`'`, `\'`}, [2]string{`"`, `\"`}, [2]string{"\t", `\t`})(s)
}
