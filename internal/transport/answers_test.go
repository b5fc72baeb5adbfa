package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/fault"
)

const (
	jsonType = "application/json; charset=utf-8; api-version=7.1"
	htmlType = "text/html; charset=utf-8"
)

func vss(typeKey, message string) string {
	b, _ := json.Marshal(map[string]any{"$id": "1", "innerException": nil, "message": message, "typeKey": typeKey, "errorCode": 0})
	return string(b)
}

// facts are the properties by which failures are compared.
type facts struct {
	Code      fault.Code
	Status    int
	MaybeDone bool
}

var refusals = []struct {
	name   string
	status int
	kind   string
	body   string
	header http.Header
	want   facts
	text   string // part of the error
}{
	{name: "401", status: 401, kind: jsonType, body: vss("UnauthorizedRequestException", "TF400813"), want: facts{fault.CredentialRejected, 401, false}},
	{name: "401 empty", status: 401, want: facts{fault.CredentialRejected, 401, false}},
	{name: "401 page", status: 401, kind: htmlType, body: "<html>Sign In</html>", want: facts{fault.CredentialRejected, 401, false}},
	{name: "203 page", status: 203, kind: htmlType, body: "<!DOCTYPE html><title>Azure DevOps Services | Sign In</title>", want: facts{fault.CredentialRejected, 203, false}},
	{name: "203 JSON", status: 203, kind: jsonType, body: `{"name":"x"}`, want: facts{fault.CredentialRejected, 203, false}},
	{name: "302 to sign-in", status: 302, kind: htmlType, header: http.Header{"Location": {"https://spsprodsin2.vssps.visualstudio.com/_signin?realm=SECRET-QUERY"}},
		want: facts{fault.CredentialRejected, 302, false}, text: "redirects to spsprodsin2.vssps.visualstudio.com"},
	{name: "307 of a POST", status: 307, header: http.Header{"Location": {"/elsewhere"}}, want: facts{fault.CredentialRejected, 307, false}},
	{name: "200 page", status: 200, kind: htmlType, body: "<html>", want: facts{fault.BadResponse, 200, true}, text: "a proxy or a firewall"},
	{name: "200 page to sign in at", status: 200, kind: htmlType, body: "<html><title>Azure DevOps Services | Sign In</title>", want: facts{fault.CredentialRejected, 200, false}},
	{name: "200 page that says nothing of it", status: 200, body: "\ufeff<!DOCTYPE html><html>", want: facts{fault.BadResponse, 200, true}, text: "a proxy or a firewall"},
	{name: "200 without a kind", status: 200, body: "hello", want: facts{fault.BadResponse, 200, true}, text: "not JSON but something without a Content-Type"},
	{name: "403 sign-in page", status: 403, kind: htmlType, body: `<a href="https://x/_signin?y">`, want: facts{fault.CredentialRejected, 403, false}},
	{name: "403 page of a proxy", status: 403, kind: htmlType, body: "<html>Blocked</html>", want: facts{fault.PermissionDenied, 403, false}, text: "a proxy or a firewall"},
	{name: "403", status: 403, kind: jsonType, body: vss("AccessCheckException", "TF50309: you lack Edit"), want: facts{fault.PermissionDenied, 403, false}},
	{name: "404", status: 404, want: facts{fault.ResourceNotFound, 404, false}},
	{name: "400 JSON", status: 400, kind: jsonType, body: vss("JsonReaderException", "TF400898"), want: facts{fault.RequestRefused, 400, false}},
	{name: "400 cut JSON", status: 400, kind: jsonType, body: `{"message":"TF4`, want: facts{fault.RequestRefused, 400, true}},
	{name: "400 larger than is read", status: 400, kind: jsonType, body: `{"x":"` + strings.Repeat("x", maxRefusal) + `"}`, want: facts{fault.RequestRefused, 400, true}},
	{name: "409", status: 409, kind: jsonType, body: "[]", want: facts{fault.RequestRefused, 409, false}},
	{name: "429", status: 429, kind: jsonType, body: vss("", "TF400733"), want: facts{fault.RateLimited, 429, false}},
	{name: "401 that is throttled", status: 401, header: http.Header{"Retry-After": {"1"}}, want: facts{fault.RateLimited, 401, false}},
	{name: "203 that is throttled", status: 203, kind: htmlType, body: "<html>Sign In", header: http.Header{"Retry-After": {"1"}}, want: facts{fault.RateLimited, 203, false}},
	{name: "203 with nothing left", status: 203, kind: htmlType, body: "<html>Sign In", header: http.Header{"X-Ratelimit-Remaining": {"0"}}, want: facts{fault.RateLimited, 203, false}},
	{name: "203 with something left", status: 203, kind: htmlType, body: "<html>Sign In", header: http.Header{"X-Ratelimit-Remaining": {"7"}}, want: facts{fault.CredentialRejected, 203, false}},
	{name: "408", status: 408, want: facts{fault.ServiceUnavailable, 408, true}},
	{name: "500", status: 500, kind: jsonType, body: vss("Boom", "boom"), want: facts{fault.ServiceUnavailable, 500, true}},
	{name: "501", status: 501, want: facts{fault.ServiceUnavailable, 501, true}},
	{name: "503 page", status: 503, kind: htmlType, body: "<html>sign in</html>", want: facts{fault.ServiceUnavailable, 503, true}},
	{name: "200 text", status: 200, kind: "text/plain", body: "ok", want: facts{fault.BadResponse, 200, true}},
	{name: "200 empty", status: 200, kind: jsonType, want: facts{fault.BadResponse, 200, true}},
	{name: "200 null", status: 200, kind: jsonType, body: "null", want: facts{fault.BadResponse, 200, true}},
	{name: "200 garbage", status: 200, kind: jsonType, body: "{nope", want: facts{fault.BadResponse, 200, true}},
	{name: "200 cut JSON", status: 200, kind: jsonType, body: `{"name":"x"`, want: facts{fault.BadResponse, 200, true}},
	{name: "200 two values", status: 200, kind: jsonType, body: `{"name":"x"}{}`, want: facts{fault.BadResponse, 200, true}},
	{name: "200 of another shape", status: 200, kind: jsonType, body: `{"name":["secret-looking"]}`, want: facts{fault.BadResponse, 200, true}},
	{name: "200 too large", status: 200, kind: jsonType, body: `{"name":"` + strings.Repeat("x", maxObject) + `"}`, want: facts{fault.BadResponse, 200, true}, text: "larger"},
	{name: "204 where a body is wanted", status: 204, want: facts{fault.BadResponse, 204, true}},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, func(w http.ResponseWriter, r *http.Request) {
				for k, v := range tt.header {
					w.Header()[k] = v
				}
				w.Header().Set("ActivityId", "b1f5c9f0-1111-2222-3333-444455556666")
				answer(tt.status, tt.kind, tt.body)(w, r)
			})
			var into struct{ Name string }
			reply, err := s.once(t).Do(t.Context(), Call{Method: "POST", URL: at(s.URL + "/org/_apis/x?q=SECRET-QUERY"), Body: 1, Once: true}, &into)
			f := fault.From(err)
			if f == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, facts{f.Code, f.Status, f.MaybeDone}); diff != "" {
				t.Errorf("-want +got\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "SECRET-QUERY") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("text: %q", err)
			}
			if f.RequestID == "" || reply.Status != tt.status || reply.RequestID == "" {
				t.Errorf("request id %q, reply %+v", f.RequestID, reply)
			}
			if n := s.requests.Load(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestDoDecodes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ kind, body string }{
		"plain":   {"application/json", `{"name":"x"}`},
		"charset": {"Application/JSON; charset=iso-8859-1", ` {"name":"x"} `},
		"bom":     {"text/json", "\ufeff" + `{"name":"x"}`},
		"suffix":  {"application/vnd.x+json", `{"name":"x","patTokenError":"none"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got := []string{r.Method, r.URL.RequestURI(), string(body), r.Header.Get("Accept"), r.Header.Get("Content-Type"),
					r.Header.Get("Authorization"), r.Header.Get("X-TFS-FedAuthRedirect"), r.Header.Get("User-Agent"), r.Proto}
				want := []string{"PUT", "/o/p?q=1", `{"a":1}`, "application/json", "application/json", "Bearer " + fakePAT, "Suppress", "azstep/1.2.3 (test)", "HTTP/1.1"}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("request: -want +got\n%s", diff)
				}
				w.Header().Set("X-VSS-E2EID", "e2e-1")
				answer(201, tt.kind, tt.body)(w, r)
			})
			c := NewCaller(s.transport(t, Options{UserAgent: "azstep/1.2.3 (test)"}), bearer)
			var into struct{ Name string }
			reply, err := c.Do(t.Context(), Call{Method: "PUT", URL: at(s.URL + "/o/p?q=1"), Body: map[string]int{"a": 1},
				Header: http.Header{"X-Tfs-Fedauthredirect": {"Suppress"}}}, &into)
			if err != nil || into.Name != "x" || reply.Status != 201 || reply.RequestID != "e2e-1" {
				t.Errorf("%+v %+v %v", into, reply, err)
			}
		})
	}
}

func TestNilIntoAcceptsAnyJSON(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"204": answer(204, "", ""), "empty text": answer(200, "text/plain", ""), "object": answer(200, jsonType, "{}"),
		"large": answer(200, jsonType, `["`+strings.Repeat("x", 1<<20)+`"]`),
	} {
		s := newService(t, h)
		if _, err := s.once(t).Do(t.Context(), Call{Method: "DELETE", URL: at(s.URL)}, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"page": answer(200, htmlType, "<html>"),
		"text": answer(200, "text/plain", "done"), "broken": answer(200, jsonType, "{"), "endless": answer(200, jsonType, strings.Repeat(" ", maxObject+1)),
	} {
		s := newService(t, h)
		if _, err := s.once(t).Do(t.Context(), Call{Method: "DELETE", URL: at(s.URL)}, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOnlyHTTPSIsCalled(t *testing.T) {
	t.Parallel()
	s := newService(t, answer(200, jsonType, "{}"))
	tr := s.transport(t, Options{})
	for _, raw := range []string{"http://127.0.0.1/", "http://169.254.169.254/metadata", "ftp://127.0.0.1", "127.0.0.1", "", "https://", "https://%zz?SECRET-QUERY"} {
		_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at(raw)}, nil)
		if !fault.Is(err, fault.InvalidInput) || strings.Contains(err.Error(), "SECRET-QUERY") {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if _, err := tr.Client().Get("http" + strings.TrimPrefix(s.URL, "https")); !fault.Is(err, fault.InvalidInput) {
		t.Errorf("client: %v", err)
	}
}

func TestMetadataEndpointIsTheExceptionFromHTTPS(t *testing.T) {
	t.Parallel()
	tr := New(Options{MaxAttempts: 1})
	t.Cleanup(tr.Close)
	for raw, want := range map[string]fault.Code{
		"http://127.0.0.1:1/msi/token": fault.Network, "http://localhost:1/": fault.Network, "http://[::1]:1/": fault.Network, // allowed, but no server answers
		"http://169.254.169.254.evil.example/": fault.InvalidInput, "http://10.0.0.1/": fault.InvalidInput, "http://metadata.evil.example/": fault.InvalidInput,
		"http://app.localhost/": fault.InvalidInput, "ftp://127.0.0.1:1/": fault.InvalidInput,
	} {
		if _, err := NewCaller(tr, nil).Do(t.Context(), Call{Method: "GET", URL: at(raw), Metadata: true}, nil); !fault.Is(err, want) {
			t.Errorf("%s: %v", raw, err)
		}
	}
	if _, err := tr.Client().Get("http://127.0.0.1:1/"); !fault.Is(err, fault.InvalidInput) {
		t.Errorf("the client: %v", err)
	}
}

func TestAuthorizeErrorEndsTheCall(t *testing.T) {
	t.Parallel()
	s := newService(t, answer(200, jsonType, "{}"))
	want := fault.New(fault.MissingCredential, "none")
	_, err := NewCaller(s.transport(t, Options{}), func(context.Context) (string, error) { return "", want }).Do(t.Context(), Call{Method: "GET", URL: at(s.URL)}, nil)
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	_, err = NewCaller(s.transport(t, Options{}), func(context.Context) (string, error) { return "Bearer " + fakePAT + "\n", nil }).Do(t.Context(), Call{Method: "GET", URL: at(s.URL)}, nil)
	if !fault.Is(err, fault.InvalidInput) || strings.Contains(err.Error(), fakePAT) {
		t.Errorf("line break: %v", err)
	}
	if n := s.requests.Load(); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestClientFollowsNoRedirectAndIsCapped(t *testing.T) {
	t.Parallel()
	s := newService(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			_, _ = io.WriteString(w, strings.Repeat("x", maxObject+1))
			return
		}
		http.Redirect(w, r, "/large", http.StatusFound)
	})
	c := s.transport(t, Options{}).Client()
	resp, err := c.Get(s.URL)
	if err != nil || resp.StatusCode != http.StatusFound {
		t.Fatalf("%v %v", resp, err)
	}
	_ = resp.Body.Close()
	if resp, err = c.Get(s.URL + "/large"); err != nil {
		t.Fatal(err)
	}
	defer closeBody(resp.Body)
	if text, err := io.ReadAll(resp.Body); len(text) != maxObject || !errors.Is(err, ErrTooLarge) {
		t.Errorf("read %d bytes, %v", len(text), err)
	}
}

func TestRefusalWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	for _, status := range []int{203, 302, 404, 500} {
		var sent atomic.Int64
		s := newService(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			for {
				n, err := w.Write(make([]byte, 32<<10))
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		})
		if _, err := s.once(t).Do(t.Context(), Call{Method: "GET", URL: at(s.URL)}, nil); fault.From(err).Status != status {
			t.Errorf("%d: %v", status, err)
		}
		if n := sent.Load(); n > 32<<20 {
			t.Errorf("%d: the server could send %d bytes", status, n)
		}
	}
}

var codeShape = regexp.MustCompile(`^[a-z0-9-]+$`)

func FuzzRefusal(f *testing.F) {
	for _, tt := range refusals {
		f.Add(tt.status, tt.kind, tt.header.Get("Location"), tt.body, []byte(tt.body))
	}
	f.Fuzz(func(t *testing.T, status int, kind, location, said string, text []byte) {
		a := Answer{What: "GET x", Status: status, Body: text, secret: formsOfHeader("Bearer " + fakePAT),
			Header: http.Header{"Content-Type": {kind}, "Location": {location}}}
		got := a.ByStatus(a.Clean(said))
		if !codeShape.MatchString(string(got.Code)) {
			t.Errorf("code %q", got.Code)
		}
		if strings.Contains(strings.ToLower(got.Error()), strings.ToLower(fakePAT)) {
			t.Errorf("the credential is in %q", got)
		}
		if len([]rune(got.Error())) > 4*longestText {
			t.Errorf("%d bytes of text", len(got.Error()))
		}
	})
}
