package transport

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/pattern"
)

// forms are the spellings of a credential, in lower case, that must not appear in
// text from outside: a server or a proxy may repeat what it received.
type forms []string

// formsOfHeader lists the spellings of an Authorization header: the whole value, the
// value without its scheme, the password of Basic authentication, and the signature
// of a shared access signature.
func formsOfHeader(header string) forms { return formsOf(parts(header)...) }

// formsOf lists the spellings of secrets: plain, base64 and percent-encoded, longest
// first.
func formsOf(secrets ...string) forms {
	var all forms
	for _, secret := range secrets {
		for _, form := range []string{secret,
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
			url.QueryEscape(secret), url.PathEscape(secret)} {
			if form = strings.ToLower(form); len(form) >= shortestSecret && !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// lastForms keeps the forms of the last header, because a run of thousands of calls
// uses one credential, or a few in sequence.
type lastForms struct{ kept atomic.Pointer[headerForms] }

type headerForms struct {
	header string
	forms  forms
}

func (l *lastForms) of(header string) forms {
	if last := l.kept.Load(); last != nil && last.header == header {
		return last.forms
	}
	last := &headerForms{header, formsOfHeader(header)}
	l.kept.Store(last)
	return last.forms
}

func parts(header string) []string {
	all := []string{header}
	scheme, value, found := strings.Cut(header, " ")
	if !found {
		return all
	}
	all = append(all, value)
	if strings.EqualFold(scheme, "Basic") {
		if pair, err := base64.StdEncoding.DecodeString(value); err == nil {
			_, password, _ := strings.Cut(string(pair), ":")
			all = append(all, string(pair), password)
		}
	}
	if sas, ok := pattern.ParseSAS(header); ok && sas.Signature != "" {
		all = append(all, sas.Signature)
		if plain, err := url.PathUnescape(sas.Signature); err == nil {
			all = append(all, plain)
		}
	}
	return all
}

// in reports whether text contains the credential in any mix of cases: a host name
// or a header may be returned in lower case.
func (f forms) in(text string) bool {
	text = strings.ToLower(text)
	for _, form := range f {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// redact replaces occurrences of the credential if both are plain ASCII. Other
// spellings that match in lower case (the Kelvin sign for k) are left to the caller
// of in.
func (f forms) redact(text string) string {
	for _, form := range f {
		lower := lower(text)
		for at := strings.Index(lower, form); at >= 0; at = strings.Index(lower, form) {
			text = text[:at] + "***" + text[at+len(form):]
			lower = lower[:at] + "***" + lower[at+len(form):]
		}
	}
	return text
}

const (
	shortestSecret = 4   // shorter ones match by chance
	longestText    = 300 // runes of text from outside in an error
	longestID      = 128
)

// clean prepares text from outside for an error: one line, shortened, with *** for
// the credential. The code that prints it makes it safe for a terminal or a CI host.
func (f forms) clean(text string) string {
	words := strings.Fields(strings.ToValidUTF8(text, "?"))
	text = strings.Join(words, " ")
	if whole := f.redact(text); whole != text {
		text = withoutTokens(whole)
	}
	if f.in(text) {
		return "(the message repeats the credential and is left out)"
	}
	return short(text)
}

// withoutTokens hides every word that could be a token. A message that repeats the
// credential may contain another secret that only the service knows so far.
func withoutTokens(text string) string {
	const shortestToken = 24
	words := strings.Fields(text)
	for i, word := range words {
		if len(word) >= shortestToken {
			words[i] = "***"
		}
	}
	return strings.Join(words, " ")
}

func short(text string) string {
	if utf8.RuneCountInString(text) <= longestText {
		return text
	}
	return string([]rune(text)[:longestText]) + "…"
}

// id returns text if it looks like a request id, otherwise "".
func (f forms) id(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:|"
	text = strings.TrimSpace(text)
	if len(text) > longestID || strings.Trim(text, plain) != "" || f.in(text) {
		return ""
	}
	return text
}

// requestID returns the id under which the service's support can find a request. The
// first two headers are those of Azure DevOps, the others those of Azure's REST
// guidelines.
func requestID(h http.Header, secret forms) string {
	for _, name := range []string{"ActivityId", "X-VSS-E2EID", "x-ms-request-id", "request-id", "x-ms-client-request-id"} {
		if id := secret.id(h.Get(name)); id != "" {
			return id
		}
	}
	return ""
}

// word returns a name from outside, such as an error code or the name of an
// exception.
func (f forms) word(name string) string {
	if f.in(name) {
		return "unknown"
	}
	return f.clean(name)
}
