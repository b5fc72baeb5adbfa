package auth

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// refuse returns a handler that answers like Entra's token endpoint.
func refuse(number int, kind, text string) http.HandlerFunc {
	return alike(400, map[string]any{
		"error": kind, "error_description": text + "\r\nTrace ID: trace-0001\r\nCorrelation ID: correlation-0001",
		"error_codes": []int{number}, "trace_id": "trace-0001", "correlation_id": "correlation-0001",
	})
}

func TestEntraRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	mismatch := []string{"issuer https://token.actions.githubusercontent.com", "subject repo:fabrikam/web:ref:refs/heads/main", "audience " + exchangeAudience, "Federated credentials"}
	for _, c := range []struct {
		number int
		code   fault.Code
		says   []string
	}{
		{700016, fault.CredentialRejected, []string{"tenant " + tenantID + " has no application " + clientID}},
		{90002, fault.CredentialRejected, []string{"tenant " + tenantID + " does not exist", "authority-host"}},
		{70021, fault.CredentialRejected, mismatch},
		{7002138, fault.CredentialRejected, mismatch},
		{700211, fault.CredentialRejected, mismatch},
		{700212, fault.CredentialRejected, mismatch},
		{700213, fault.CredentialRejected, mismatch},
		{700024, fault.CredentialRejected, []string{"clock"}},
		{7000215, fault.CredentialRejected, []string{"not its id", "owner of the app registration"}},
		{7000222, fault.CredentialRejected, []string{"expired"}},
		{7000218, fault.CredentialRejected, []string{"Allow public client flows"}},
		{700025, fault.CredentialRejected, []string{"remove client-secret"}},
		{53003, fault.PermissionDenied, []string{"conditional access", "Entra administrator"}},
		{50076, fault.CredentialRejected, []string{"azstep login", "second factor"}},
		{50079, fault.CredentialRejected, []string{"azstep login"}},
		{65001, fault.PermissionDenied, []string{"Grant admin consent", "vso.pats_manage"}},
		{50034, fault.CredentialRejected, []string{"does not exist in tenant " + tenantID}},
		{9002313, fault.CredentialRejected, []string{"truncated", "azstep login"}},
		{70043, fault.CredentialRejected, []string{"azstep login", "new refresh-token"}},
		{700082, fault.CredentialRejected, []string{"azstep login"}},
		{50173, fault.CredentialRejected, []string{"revoked"}},
		{70011, fault.RequestRefused, []string{azureDevOpsApp + "/.default"}},
		{1002012, fault.RequestRefused, []string{"/.default"}},
		{500011, fault.RequestRefused, []string{"does not know the resource"}},
		{99999999, fault.CredentialRejected, []string{"error?code=99999999"}},
	} {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/github" {
				sendJSON(w, 200, map[string]any{"value": assertion0})
				return
			}
			refuse(c.number, "invalid_client", "AADSTS0: the first line of "+assertion0)(w, r)
		})
		chosen, _ := choose(t, s, identified(s), devOps, onGitHubAt(s))
		_, err := chosen.Authorize(t.Context())
		known, ok := findRefusal([]int{c.number})
		said := fmt.Sprintf("(AADSTS%d)", c.number)
		if known.quoted || !ok {
			said = "the first line of ***"
		}
		expectFault(t, err, c.code, append(c.says, said, "get an Entra token from "+strings.TrimPrefix(s.URL, "https://"))...)
		f := fault.From(err)
		if f.RequestID != "trace-0001" || f.Status != 400 || f.ExitCode() != 1 || f.MaybeDone {
			t.Errorf("%d: %+v", c.number, f)
		}
		if strings.Contains(err.Error(), "Trace ID") || strings.Contains(strings.Join(f.Hints, ""), "{") {
			t.Errorf("%d: says %v %q", c.number, err, f.Hints)
		}
		if got := len(s.asked()); got != 2 {
			t.Errorf("%d: %d requests: a refusal must not be retried", c.number, got)
		}
	}
}

// Every way to authenticate reports the same refusals, whichever library sends the
// request.
func TestEntraRefusalsOfEveryWay(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) { // repeats what it received
		refuse(70043, "invalid_grant", "AADSTS70043: over is "+r.PostForm.Get("client_secret")+r.PostForm.Get("refresh_token"))(w, r)
	})
	for _, c := range []struct {
		name string
		in   func(*Inputs)
	}{
		{waySecret, func(in *Inputs) { in.ClientSecret = fakeSecret }},
		{wayRefresh, func(in *Inputs) { in.RefreshToken = fakeFresh }},
		{"confidential " + wayRefresh, func(in *Inputs) { in.RefreshToken, in.ClientSecret = fakeFresh, fakeSecret }},
	} {
		in := identified(s)
		c.in(&in)
		chosen, _ := choose(t, s, in, devOps, Environment{Local: true})
		_, err := chosen.Authorize(t.Context())
		t.Run(c.name, func(t *testing.T) {
			expectFault(t, err, fault.CredentialRejected, "over is ***")
			if id := fault.From(err).RequestID; id != "trace-0001" {
				t.Errorf("request id %q", id)
			}
		})
	}
}

func TestAnswersThatAreNotEntras(t *testing.T) {
	t.Parallel()
	page := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Location", "https://evil.example/")
			w.Header().Set("X-Ms-Request-Id", "request-0001")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   fault.Code
		says   string
	}{
		{"a page", page(200, "text/html", "<html>"+applicationToken), fault.BadResponse, "HTTP 200"},
		{"a page of an error", page(403, "text/html", "<html>"), fault.BadResponse, "proxy"},
		{"a redirect", page(302, "text/html", ""), fault.BadResponse, "HTTP 302"},
		{"JSON without a token", page(200, "application/json", `{"note":"`+applicationToken+`"}`), fault.BadResponse, "HTTP 200"},
		{"JSON cut off", page(200, "application/json", `{"access_token":"`+applicationToken), fault.BadResponse, "incomplete"},
		{"too much", page(200, "application/json", `{"x":"`+strings.Repeat("x", 8<<20)+`","access_token":"`+applicationToken+`"}`), fault.BadResponse, "larger"},
		{"an error without a word", page(400, "application/json", `{"error":"invalid_request"}`), fault.RequestRefused, ": invalid_request"},
		{"an error that says what it is", page(401, "application/json", `{"error":"invalid_client"}`), fault.CredentialRejected, ": invalid_client"},
		{"a consent that is missing", page(400, "application/json", `{"error":"consent_required"}`), fault.PermissionDenied, ": consent_required"},
		{"JSON of somebody else", page(400, "application/json", `{"message":"x"}`), fault.RequestRefused, "HTTP 400"},
		{"nothing at all", page(404, "", ""), fault.RequestRefused, "HTTP 404"},
	} {
		s := serve(t, c.answer)
		for _, in := range []Inputs{{ClientSecret: fakeSecret}, {RefreshToken: fakeFresh}} {
			in.TenantID, in.ClientID, in.AuthorityHost = tenantID, clientID, s.URL
			chosen, n := choose(t, s, in, devOps, Environment{Local: true})
			o := s.trusting(t)
			o.MaxAttempts = 1
			chosen.Connect(n.wire(t, o))
			_, err := chosen.Authorize(t.Context())
			t.Run(c.name+"/"+chosen.Way, func(t *testing.T) { expectFault(t, err, c.code, c.says) })
		}
		if got := len(s.asked()); got != 2 {
			t.Errorf("%s: %d requests, want 2", c.name, got)
		}
	}
}

// FuzzEntraError passes any answer to the code that explains it: the result is one
// line, and never a code that says that nothing was sent.
func FuzzEntraError(f *testing.F) {
	f.Add(400, `{"error":"invalid_grant","error_description":"AADSTS70043: x\r\nTrace ID: 1","error_codes":[70043]}`)
	f.Add(401, `{"error":"x","error_codes":["7"],"trace_id":"::error::"}`)
	f.Add(200, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		r := registration{&url.URL{Scheme: "https", Host: publicAuthority}, tenantID, clientID, azureDevOpsApp + "/.default"}
		got := r.refusing(claims{})(transport.Answer{What: "POST x", Status: status, Header: http.Header{}, Body: []byte(body)})
		all := got.Error() + strings.Join(got.Hints, "") + got.RequestID
		if strings.ContainsAny(all, "\r\n") {
			t.Fatalf("%q", all)
		}
		if got.ExitCode() != 1 {
			t.Fatalf("exit %d: %v", got.ExitCode(), got)
		}
	})
}
