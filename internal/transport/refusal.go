package transport

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// refusal is an answer that is no success, as it came.
type refusal struct {
	what   string // method and address
	status int
	header http.Header
	text   []byte // at most maxRefusal bytes of the body
	broken bool   // the body broke off
	call   Call
	secret forms
}

func (x *exchange) refused(resp *http.Response, text []byte, broken bool) *failure {
	r := refusal{what: x.what, status: resp.StatusCode, header: resp.Header, broken: broken, call: x.call, secret: x.secret}
	if !broken {
		r.text = bytes.TrimPrefix(text, []byte(bom))
	}
	f := &failure{fault: r.fault()}
	switch {
	case r.status == http.StatusTooManyRequests:
		f.again = anyway
	case isRetryStatus(r.status):
		f.again = repeatable
	}
	return f
}

// fault decodes the refusal. The first rule that knows it names it.
func (r refusal) fault() *fault.Error {
	e, understood := parseEnvelope(r.text)
	f := r.plain(r.codeOfStatus(), e)
	for _, rule := range []func(envelope) *fault.Error{r.pat, r.busy, r.signIn, r.iot, r.identity, r.missing} {
		if known := rule(e); known != nil {
			f = known
			break
		}
	}
	f.Status = r.status
	f.RequestID = r.requestID(e)
	f.RetryAfter = r.retryAfter()
	f.Date = dateOf(r.header)
	f.MaybeDone = !r.definite(f, understood)
	return f
}

// definite reports whether the answer proves that nothing was done: the client
// is to blame, and what the answer says has come whole.
func (r refusal) definite(f *fault.Error, understood bool) bool {
	switch {
	case f.Code == fault.CredentialRejected, strings.HasPrefix(string(f.Code), "pat-"):
		return true
	case r.status >= 500, r.status == http.StatusRequestTimeout:
		return false
	}
	complete := understood || len(bytes.TrimSpace(r.text)) == 0 || !isJSON(r.header)
	return !r.broken && complete || r.status == http.StatusTooManyRequests
}

// plain is a fault that says what the service said.
func (r refusal) plain(code fault.Code, e envelope) *fault.Error {
	text := strings.TrimSpace(http.StatusText(r.status))
	if said := r.said(e); said != "" {
		text += ": " + said
	}
	return fault.New(code, "%s: HTTP %d %s", r.what, r.status, text)
}

func (r refusal) said(e envelope) string {
	message := e.message()
	if message == "" && mediaType(r.header) == "text/plain" {
		message = string(r.text)
	}
	message = r.secret.clean(message)
	if e.TypeKey != "" {
		message += " (" + r.secret.word(e.TypeKey) + ")"
	}
	return strings.TrimSpace(message)
}

func (r refusal) requestID(e envelope) string {
	if id := requestID(r.header, r.secret); id != "" {
		return id
	}
	return r.secret.id(e.Error.RequestID)
}

func (r refusal) retryAfter() time.Duration {
	if !isRetryStatus(r.status) {
		return 0
	}
	d, _ := asked(r.header)
	return d
}

func (r refusal) codeOfStatus() fault.Code {
	switch {
	case r.status == http.StatusUnauthorized:
		return fault.CredentialRejected
	case r.status == http.StatusForbidden:
		return fault.PermissionDenied
	case r.status == http.StatusNotFound && r.call.NoService != "" && isPage(r.header, r.text):
		return r.call.NoService
	case r.status == http.StatusNotFound && r.call.NotFound != "":
		return r.call.NotFound
	case r.status == http.StatusNotFound:
		return fault.ResourceNotFound
	}
	return fault.RequestRefused
}

// The service signs nobody in here: it sends a browser to a page that does.
const signInHint = "the service wants a sign-in: the credential has expired, belongs to another tenant or to no member of the organization, or is an application's where the API takes only a user's"

// pat: the PAT service says why with any status.
func (r refusal) pat(e envelope) *fault.Error {
	if !e.refusesPAT() {
		return nil
	}
	return patFault(r.what, e, r.secret)
}

func (r refusal) busy(e envelope) *fault.Error {
	switch {
	case r.status == http.StatusTooManyRequests:
		return r.plain(fault.RateLimited, e)
	case r.status >= 500, r.status == http.StatusRequestTimeout:
		return r.plain(fault.ServiceUnavailable, e)
	}
	return nil
}

// signIn: redirects, 203 and pages that ask for a password. Of a redirect's target only the host is told:
// its query holds the request, and more.
func (r refusal) signIn(envelope) *fault.Error {
	switch {
	case r.status >= 300 && r.status < 400:
		to := "nowhere"
		if u, err := url.Parse(r.header.Get("Location")); err == nil && u.Host != "" {
			to = r.secret.clean(u.Host)
		}
		return fault.New(fault.CredentialRejected, "%s: HTTP %d redirects to %s", r.what, r.status, to).With(signInHint)
	case r.status < 300, r.isSignInPage():
		return fault.New(fault.CredentialRejected, "%s: HTTP %d in the place of an answer", r.what, r.status).With(signInHint)
	}
	return nil
}

func (r refusal) isSignInPage() bool {
	if r.status != http.StatusUnauthorized && r.status != http.StatusForbidden || !isPage(r.header, r.text) {
		return false
	}
	return asksToSignIn(r.text)
}

func asksToSignIn(page []byte) bool {
	page = bytes.ToLower(page)
	return slices.ContainsFunc([]string{"sign in", "sign-in", "signin", "login.microsoftonline"}, func(sign string) bool {
		return bytes.Contains(page, []byte(sign))
	})
}
