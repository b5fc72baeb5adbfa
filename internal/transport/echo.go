package transport

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// forms are the spellings of a credential, in lower case, that foreign text must
// not bring back: a server, or a proxy in front of it, may repeat what it was sent.
type forms []string

// formsOf lists the spellings of an Authorization header: as it is, without
// its scheme, the password of a Basic one, the signature of a shared access
// signature; each plain, in base64 and percent-encoded.
func formsOf(header string) forms {
	var all forms
	for _, secret := range parts(header) {
		for _, form := range []string{secret,
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
			url.QueryEscape(secret), url.PathEscape(secret)} {
			if len(form) >= shortestSecret {
				all = append(all, strings.ToLower(form))
			}
		}
	}
	return all
}

// lastForms keeps the forms of the last header: a run of thousands of calls has
// one credential, or one after the other.
type lastForms struct{ kept atomic.Pointer[headerForms] }

type headerForms struct {
	header string
	forms  forms
}

func (l *lastForms) of(header string) forms {
	if last := l.kept.Load(); last != nil && last.header == header {
		return last.forms
	}
	last := &headerForms{header, formsOf(header)}
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
	if fields, err := url.ParseQuery(value); err == nil && fields.Get("sig") != "" {
		all = append(all, fields.Get("sig"))
	}
	return all
}

// in reports whether text holds the credential, in any mix of cases: a host
// name or a header may come back in lower case.
func (f forms) in(text string) bool {
	text = strings.ToLower(text)
	for _, form := range f {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

const (
	shortestSecret = 4   // what is shorter is found by chance
	longestText    = 300 // runes of foreign text in an error
	longestID      = 128
)

// clean makes foreign text fit for an error: one line, bounded, without the
// credential. Whoever prints it makes it harmless for a terminal or a CI host.
func (f forms) clean(text string) string {
	if f.in(text) {
		return "(the message repeats the credential and is left out)"
	}
	return short(strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " "))
}

func short(text string) string {
	if utf8.RuneCountInString(text) <= longestText {
		return text
	}
	return string([]rune(text)[:longestText]) + "…"
}

// id is a request id if it looks like one.
func (f forms) id(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:|"
	text = strings.TrimSpace(text)
	if len(text) > longestID || strings.Trim(text, plain) != "" || f.in(text) {
		return ""
	}
	return text
}

// requestID is the id under which the service's support finds a request. The
// first two are Azure DevOps', the others those of Azure's REST guidelines.
func requestID(h http.Header, secret forms) string {
	for _, name := range []string{"ActivityId", "X-VSS-E2EID", "x-ms-request-id", "request-id", "x-ms-client-request-id"} {
		if id := secret.id(h.Get(name)); id != "" {
			return id
		}
	}
	return ""
}

// word is a foreign name: an error code or the name of an exception.
func (f forms) word(name string) string {
	if f.in(name) {
		return "unknown"
	}
	return f.clean(name)
}
