package auth

import (
	"net/http"
	"testing"

	"azstep/internal/fault"
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
		{wayGitHub, 302, fault.CredentialRejected, []string{"answered 302"}},
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

func TestAnswersWithoutAnAssertion(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "<html>" + assertion0, `{"value":""}`, `{"value":7}`, `{"oidcToken":"` + assertion0 + `"}`, `{"value":"` + assertion0} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		chosen, _ := choose(t, s, identified(s), devOps, onGitHubAt(s))
		_, err := chosen.Authorize(t.Context())
		expectFault(t, err, fault.BadResponse, "no value")
	}
}

func TestAssertionAfterAByteOrderMark(t *testing.T) {
	t.Parallel()
	got, ok := member([]byte("\xef\xbb\xbf{\"oidcToken\":\"x\"}"), "oidcToken")
	if !ok || got != "x" {
		t.Errorf("%q %v", got, ok)
	}
}
