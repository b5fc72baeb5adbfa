package auth

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"azstep/internal/fault"
)

// installAZ puts a script in the place of the Azure CLI. These tests change the
// process environment, which azidentity reads, and so run one by one.
func installAZ(t *testing.T, body string) (calls string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a shell script cannot take the place of az.cmd")
	}
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$@\" >>" + calls + "\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
	return calls
}

func TestAzureCLI(t *testing.T) {
	userToken := jwt(user(nil))
	calls := installAZ(t, fmt.Sprintf(`echo '{"accessToken":"%s","expires_on":%d}'`, userToken, time.Now().Add(time.Hour).Unix()))
	s := entra(t)
	chosen, n := choose(t, s, Inputs{Auth: wayAuto, TenantID: tenantID}, pats, Environment{Local: true})
	if got := ask(t, chosen); got != "Bearer "+userToken || len(n.hidden) != 1 {
		t.Errorf("%q, hidden %q", got, n.hidden)
	}
	got, err := os.ReadFile(calls)
	if want := "account get-access-token -o json --resource " + azureDevOpsApp + " --tenant " + tenantID + "\n"; err != nil || string(got) != want {
		t.Errorf("called az with %q, %v; want %q", got, err, want)
	}
	if len(s.asked()) != 0 || chosen.SecretHosts() != nil {
		t.Errorf("asked %v", s.routes())
	}
}

func TestAzureCLIFails(t *testing.T) {
	for _, c := range []struct {
		name, body string
		need       Need
		code       fault.Code
		says       string
	}{
		{"signed out", `echo 'WARNING: old' >&2; echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`, devOps, fault.CredentialRejected, "Please run 'az login' to setup account."},
		{"no consent", `echo 'ERROR: AADSTS65001: consent' >&2; exit 1`, devOps, fault.PermissionDenied, "AADSTS65001"},
		{"a service principal for PATs", `echo '{"accessToken":"` + applicationToken + `","expires_on":4102444800}'`, pats, fault.AppOnlyCredential, "azure-cli yields"},
		{"no JSON", `echo "` + applicationToken + `"`, devOps, fault.BadResponse, "az account get-access-token"},
		{"an empty token", `echo '{"accessToken":"","expires_on":4102444800}'`, devOps, fault.BadResponse, "empty token"},
		{"not there", `exit 127`, devOps, fault.MissingCredential, "not installed"},
	} {
		installAZ(t, c.body)
		chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, c.need, Environment{Local: true})
		_, err := chosen.Authorize(t.Context())
		t.Run(c.name, func(t *testing.T) {
			expectFault(t, err, c.code, c.says)
			if strings.Contains(err.Error(), "old") || strings.Contains(err.Error(), "aka.ms") {
				t.Errorf("says too much: %v", err)
			}
		})
	}
}

func TestAzureCLIIsTooSlow(t *testing.T) {
	installAZ(t, "exec sleep 5")
	chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, devOps, Environment{Local: true})
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := chosen.Authorize(soon)
	expectFault(t, err, fault.Timeout, "Azure CLI")
}

// machine is the endpoint that App Service gives for managed identities.
func machine(t *testing.T, answer http.HandlerFunc) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	t.Setenv("IDENTITY_ENDPOINT", s.URL+"/msi/token")
	t.Setenv("IDENTITY_HEADER", "FAKE-IDENTITY-HEADER")
}

// newID is an identity that no other test has used: MSAL keeps the tokens of
// managed identities for the whole process.
func newID() string { return fmt.Sprintf("44444444-4444-4444-4444-%012x", rand.Int64N(1<<48)) }

func TestManagedIdentity(t *testing.T) {
	id := newID()
	var asked []string
	machine(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("resource")+" "+r.URL.Query().Get("client_id"))
		if len(asked) == 1 {
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusNotFound) // the endpoint is being updated
			return
		}
		sendJSON(w, 200, map[string]any{"access_token": applicationToken, "expires_on": fmt.Sprint(time.Now().Add(time.Hour).Unix()), "resource": azureDevOpsApp, "token_type": "Bearer"})
	})
	s := entra(t)
	chosen, _ := choose(t, s, Inputs{Auth: wayManaged, ClientID: id}, devOps, Environment{})
	if got := ask(t, chosen); got != "Bearer "+applicationToken {
		t.Errorf("%q", got)
	}
	if want := azureDevOpsApp + " " + id; len(asked) != 2 || asked[1] != want || len(s.asked()) != 0 {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestManagedIdentityFails(t *testing.T) {
	other := newID()
	for _, c := range []struct {
		status int
		body   any
		code   fault.Code
		says   string
	}{
		{400, map[string]any{"error": "invalid_request", "error_description": "Identity not found"}, fault.CredentialRejected, "HTTP 400: the machine does not have the identity " + other},
		{503, "", fault.ServiceUnavailable, "HTTP 503 to every attempt"},
		{200, "<html>" + applicationToken, fault.BadResponse, "without a token"},
	} {
		machine(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			sendJSON(w, c.status, c.body)
		})
		chosen, _ := choose(t, entra(t), Inputs{Auth: wayManaged, ClientID: other}, devOps, Environment{})
		_, err := chosen.Authorize(t.Context())
		expectFault(t, err, c.code, c.says)
	}
}

func TestManagedIdentityWhereThereIsNone(t *testing.T) {
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token")
	t.Setenv("IDENTITY_HEADER", "FAKE-IDENTITY-HEADER")
	s := entra(t)
	chosen, n := choose(t, s, Inputs{Auth: wayManaged}, devOps, Environment{})
	w := n.wire(s.Client())
	w.MaxAttempts = 1
	chosen.Connect(w)
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.Network, "machines in Azure")
}
