package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// Answer is a response that is not a success, or a web page instead of one. It is
// passed to the code that knows what the service means by it.
type Answer struct {
	What   string // method and address, for errors
	Status int
	Header http.Header
	Body   []byte // at most 64 KiB; empty if the response broke off
	secret forms
}

// Decode parses the body as JSON into the value that into points to, and reports
// whether it is JSON. A member with an unexpected type stays empty, because
// responses that do not come from the service may have members of the same name.
func (a Answer) Decode(into any) bool {
	err := json.Unmarshal(a.Body, into)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || shape
}

// Clean prepares text from outside for an error: one line, shortened, without the
// secrets in the request.
func (a Answer) Clean(text string) string { return a.secret.clean(text) }

// Word does the same for a name: that of an error or an exception.
func (a Answer) Word(name string) string { return a.secret.word(name) }

// RequestID returns the first of the ids, or else of the response's headers, that
// looks like a request id, or "".
func (a Answer) RequestID(ids ...string) string {
	for _, id := range ids {
		if id = a.secret.id(id); id != "" {
			return id
		}
	}
	return requestID(a.Header, a.secret)
}

// IsPage reports whether the body is a web page.
func (a Answer) IsPage() bool { return isPage(a.Header, a.Body) }

// Text returns the body if it is plain text, otherwise "".
func (a Answer) Text() string {
	if mediaType(a.Header) != "text/plain" {
		return ""
	}
	return string(a.Body)
}

// IsRefusal reports whether the service rejected this particular request (4xx),
// rather than being busy or asking for a sign-in.
func (a Answer) IsRefusal() bool {
	return a.Status >= 400 && a.busy() == "" && !a.asksToSignIn()
}

// Fault returns an error with this code and the service's message.
func (a Answer) Fault(code fault.Code, said string) *fault.Error {
	text := strings.TrimSpace(http.StatusText(a.Status))
	if said = strings.TrimSpace(said); said != "" {
		text += ": " + said
	}
	return fault.New(code, "%s: HTTP %d %s", a.What, a.Status, text)
}

// The service does not offer a sign-in itself: it sends a browser to a page that
// does.
const signInHint = "the service asked for a sign-in: the credential has expired, belongs to another tenant or to someone who is not a member of the organization, or belongs to an application although the API accepts only users"

// ByStatus interprets the status alone. said is the service's own message, prepared
// by [Answer.Clean], or "".
func (a Answer) ByStatus(said string) *fault.Error {
	switch code := a.busy(); {
	case code != "":
		return a.Fault(code, said)
	case a.Status >= 300 && a.Status < 400:
		return fault.New(fault.CredentialRejected, "%s: HTTP %d redirects to %s", a.What, a.Status, a.target()).With(signInHint)
	case a.asksToSignIn():
		return fault.New(fault.CredentialRejected, "%s: HTTP %d with a sign-in page instead of JSON", a.What, a.Status).With(signInHint)
	case a.Status < 300 && a.Status != http.StatusNonAuthoritativeInfo:
		return a.elsewhere(fault.BadResponse)
	case a.Status < 300:
		return fault.New(fault.CredentialRejected, "%s: HTTP %d instead of a response with JSON", a.What, a.Status).With(signInHint)
	case a.Status == http.StatusForbidden && a.IsPage():
		return a.elsewhere(fault.PermissionDenied)
	}
	return a.Fault(codeOf(a.Status), said)
}

func codeOf(status int) fault.Code {
	switch status {
	case http.StatusUnauthorized:
		return fault.CredentialRejected
	case http.StatusForbidden:
		return fault.PermissionDenied
	case http.StatusNotFound:
		return fault.ResourceNotFound
	}
	return fault.RequestRefused
}

// elsewhere returns the error for a page that does not mention a sign-in. The
// services answer with JSON; a proxy or a firewall blocks requests with a page.
func (a Answer) elsewhere(code fault.Code) *fault.Error {
	f := fault.New(code, "%s: HTTP %d with a web page instead of JSON; it does not come from the service, and a proxy or a firewall may have sent it", a.What, a.Status)
	host, _, _ := strings.Cut(a.What[strings.IndexByte(a.What, ' ')+1:], "/")
	return f.With("ask the administrators of the proxy or firewall to allow "+host, "check that the address is that of the service and not of a portal")
}

// target returns the host that a redirect leads to. The rest of the address is not
// shown: its query contains the request, and more.
func (a Answer) target() string {
	if u, err := url.Parse(a.Header.Get("Location")); err == nil && u.Host != "" {
		return a.secret.clean(u.Host)
	}
	return "nowhere"
}

// busy returns the code for a response that asks the client to try again later, or
// "".
func (a Answer) busy() fault.Code {
	switch {
	case a.Status == http.StatusTooManyRequests, a.isThrottled():
		return fault.RateLimited
	case a.Status >= 500, a.Status == http.StatusRequestTimeout:
		return fault.ServiceUnavailable
	}
	return ""
}

// isThrottled reports whether a response that rejects the credential also says when
// to try again. A real rejection never does.
func (a Answer) isThrottled() bool {
	if a.Status != http.StatusUnauthorized && a.Status != http.StatusNonAuthoritativeInfo {
		return false
	}
	d, _ := asked(a.Header)
	return d > 0 || strings.TrimSpace(a.Header.Get("X-RateLimit-Remaining")) == "0"
}

// asksToSignIn reports whether the response is a page for a browser that is not
// signed in.
func (a Answer) asksToSignIn() bool {
	switch a.Status {
	case http.StatusOK, http.StatusNonAuthoritativeInfo, http.StatusUnauthorized, http.StatusForbidden:
		return a.IsPage() && asksToSignIn(a.Body)
	}
	return false
}

func asksToSignIn(page []byte) bool {
	page = bytes.ToLower(page)
	return slices.ContainsFunc([]string{"sign in", "sign-in", "signin", "login.microsoftonline"}, func(sign string) bool {
		return bytes.Contains(page, []byte(sign))
	})
}

// explain asks the code that knows the service, and falls back to the status.
func (x *exchange) explain(a Answer) *fault.Error {
	if x.call.Refused != nil {
		if f := x.call.Refused(a); f != nil {
			return f
		}
	}
	return a.ByStatus("")
}

// refused returns the failure for a response that is not a success.
func (x *exchange) refused(resp *http.Response, text []byte, broken bool) *failure {
	a := x.answer(resp)
	if !broken {
		a.Body = bytes.TrimPrefix(text, []byte(bom))
	}
	f := x.explain(a)
	f.Status, f.Date = a.Status, dateOf(a.Header)
	if f.RequestID == "" {
		f.RequestID = a.RequestID()
	}
	if a.busy() != "" || slices.Contains(x.call.Again, a.Status) {
		f.RetryAfter, _ = asked(a.Header)
	}
	f.MaybeDone = !a.definite(f, broken)
	failed := &failure{fault: f, again: x.again(a)}
	if x.call.Otherwise != nil && !f.MaybeDone {
		failed.change = x.call.Otherwise(a)
	}
	return failed
}

func (x *exchange) answer(resp *http.Response) Answer {
	return Answer{What: x.what, Status: resp.StatusCode, Header: resp.Header, secret: x.secret}
}

// again says which calls may be repeated after a response.
func (x *exchange) again(a Answer) again {
	switch {
	case a.busy() == fault.RateLimited:
		return anyway
	case isRetryStatus(a.Status), slices.Contains(x.call.Again, a.Status):
		return repeatable
	}
	return never
}

// definite reports whether the response proves that nothing was done: it blames the
// client, and it arrived complete.
func (a Answer) definite(f *fault.Error, broken bool) bool {
	switch {
	case f.Code == fault.CredentialRejected, a.busy() == fault.RateLimited:
		return true
	case broken, a.Status < 300, a.busy() != "" && f.Code == fault.ServiceUnavailable:
		return false
	}
	return a.busy() != "" || len(bytes.TrimSpace(a.Body)) == 0 || !isJSON(a.Header) || json.Valid(a.Body)
}

// statusText formats a status with its name.
func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// IsBusy reports whether the response asks the client to try again later.
func (a Answer) IsBusy() bool { return a.busy() != "" }

// AnswerOf wraps a response that a library received through [Transport.Client] and
// whose body it has read. secrets are those in the request.
func AnswerOf(resp *http.Response, body []byte, secrets ...string) Answer {
	a := Answer{Status: resp.StatusCode, Header: resp.Header, Body: body, secret: formsOf(secrets...)}
	if resp.Request != nil {
		a.What = describe(resp.Request)
	}
	return a
}

// RetryAfter returns how long the response asks to wait, or 0.
func (a Answer) RetryAfter() time.Duration {
	d, _ := asked(a.Header)
	return d
}
