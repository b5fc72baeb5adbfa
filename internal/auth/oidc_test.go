package auth

import (
	"net/http"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

func TestHostRefusalsAreExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way    string
		status int
		code   fault.Code
		says   []string
	}{
		{wayGitHub, 401, fault.CredentialRejected, []string{"GitHub", "id-token: write"}},
		{wayGitHub, 403, fault.PermissionDenied, []string{"id-token: write"}},
		{wayGitHub, 404, fault.ResourceNotFound, []string{"GitHub Enterprise Server"}},
		{wayGitHub, 302, fault.CredentialRejected, []string{"HTTP 302"}},
		{wayGitHub, 400, fault.RequestRefused, []string{"no id token"}},
		{wayPipelines, 401, fault.CredentialRejected, []string{"SYSTEM_ACCESSTOKEN: $(System.AccessToken)"}},
		{wayPipelines, 203, fault.CredentialRejected, []string{"not accepted"}},
		{wayPipelines, 302, fault.CredentialRejected, []string{"not accepted"}},
		{wayPipelines, 403, fault.PermissionDenied, []string{"Pipeline permissions", "azureSubscription"}},
		{wayPipelines, 404, fault.ResourceNotFound, []string{connection, "Pipeline permissions", "azureSubscription"}},
		{wayPipelines, 400, fault.RequestRefused, []string{"workload identity federation"}},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-VSS-E2EID", "e2e-0001")
			w.Header().Set("Location", "https://evil.example/_signin")
			sendJSON(w, c.status, map[string]any{"message": "what it says of " + fakeJob + "\nand more"})
		})
		in, env := identified(s), onGitHubAt(s)
		if c.way == wayPipelines {
			in.ServiceConnectionID, env = connection, onAzureAt(s)
		}
		chosen, _ := choose(t, s, in, devOps, env)
		_, err := chosen.Authorize(t.Context())
		expectFault(t, err, c.code, append(c.says, "(what it says of ***)")...)
		if f := fault.From(err); f.RequestID != "e2e-0001" || f.Status != c.status || f.ExitCode() != 1 || f.MaybeDone {
			t.Errorf("%s %d: %+v", c.way, c.status, f)
		}
		if got := len(s.asked()); got != 1 {
			t.Errorf("%s %d: %d requests, want 1", c.way, c.status, got)
		}
	}
}

func TestServiceConnectionErrorsAreDistinguishedByText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body any
		code fault.Code
		says []string
	}{
		{map[string]any{"count": 1, "value": "No service connection found with identifier " + connection + "."}, fault.ResourceNotFound, []string{"(No service connection found", "check service-connection-id"}},
		{map[string]any{"count": 1, "value": "There is no explicit reference to service connection " + connection + " from current stage."}, fault.PermissionDenied, []string{"(There is no explicit", "azureSubscription"}},
		{map[string]any{"count": 1, "value": map[string]any{"Message": "no explicit reference\nand more"}}, fault.PermissionDenied, []string{"(no explicit reference)"}},
		{map[string]any{"message": "something else"}, fault.RequestRefused, []string{"(something else)", "workload identity federation"}},
		{[]string{"odd"}, fault.RequestRefused, []string{"no assertion was issued for service connection " + connection}},
	} {
		s := serve(t, alike(400, c.body))
		in := identified(s)
		in.ServiceConnectionID = connection
		chosen, _ := choose(t, s, in, devOps, onAzureAt(s))
		_, err := chosen.Authorize(t.Context())
		expectFault(t, err, c.code, c.says...)
	}
}

func TestAnswersWithoutAnAssertion(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"application/json", "text/html"} {
		for body, says := range map[string]string{"": "", "<html>" + assertion0: "", `{"value":""}`: "no value", `{"value":7}`: "no value", `{"oidcToken":"` + assertion0 + `"}`: "no value", `{"value":"` + assertion0: ""} {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", kind)
				_, _ = w.Write([]byte(body))
			})
			chosen, n := choose(t, s, identified(s), devOps, onGitHubAt(s))
			o := s.trusting(t)
			o.MaxAttempts = 1
			chosen.Connect(n.wire(t, o))
			_, err := chosen.Authorize(t.Context())
			if kind == "text/html" {
				says = "no value"
			}
			expectFault(t, err, fault.BadResponse, "get an assertion from GitHub", says)
		}
	}
}

func TestAssertionAfterAByteOrderMark(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == tokenPath {
			sendJSON(w, 200, grants(applicationToken))
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("\xef\xbb\xbf{\"value\":\"" + assertion0 + "\"}"))
	})
	chosen, _ := choose(t, s, identified(s), devOps, onGitHubAt(s))
	ask(t, chosen)
}

// FuzzHostError passes any answer of a host to the code that explains it: the result
// is one line.
func FuzzHostError(f *testing.F) {
	f.Add(400, `{"count":1,"value":{"Message":"No service connection found"}}`)
	f.Add(302, `{"message":"x\r\n##vso[x]"}`)
	f.Add(500, "")
	f.Fuzz(func(t *testing.T, status int, body string) {
		for _, advice := range []func(transport.Answer, string) refusal{gitHubAdvice, pipelinesAdvice(connection, false), pipelinesAdvice(connection, true)} {
			got := issuer{advice: advice}.refused(transport.Answer{What: "GET x", Status: status, Header: http.Header{}, Body: []byte(body)})
			all := got.Error() + strings.Join(got.Hints, "")
			if strings.ContainsAny(all, "\r\n") || got.ExitCode() != 1 {
				t.Fatalf("exit %d: %q", got.ExitCode(), all)
			}
		}
	})
}
