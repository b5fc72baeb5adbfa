package auth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// installAZ installs a script in place of the Azure CLI.
func installAZ(t *testing.T, body string) (e Environment, calls string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("a shell script cannot replace az.cmd")
	}
	dir := t.TempDir()
	calls = filepath.Join(dir, "calls")
	text := "#!/bin/sh\necho \"$@\" >>" + calls + "\n" + body + "\n"
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return Environment{Local: true, Env: map[string]string{"PATH": dir + ":/usr/bin:/bin"}}, calls
}

func TestAzureCLI(t *testing.T) {
	t.Parallel()
	userToken := jwt(user(nil))
	e, calls := installAZ(t, fmt.Sprintf(`echo '{"accessToken":"%s","expires_on":%d}'`, userToken, time.Now().Add(time.Hour).Unix()))
	s := entra(t)
	chosen, n := choose(t, s, Inputs{Auth: wayAuto, TenantID: tenantID}, pats, e)
	if got := ask(t, chosen); got != "Bearer "+userToken || len(n.hidden) != 1 {
		t.Errorf("%q, hidden %q", got, n.hidden)
	}
	got, err := os.ReadFile(calls)
	if want := "account get-access-token -o json --resource " + azureDevOpsApp + " --tenant " + tenantID + "\n"; err != nil || string(got) != want {
		t.Errorf("called az with %q, %v; want %q", got, err, want)
	}
	if len(s.asked()) != 0 || chosen.Authority() != nil {
		t.Errorf("asked %v", s.routes())
	}
}

func TestAzureCLIFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		need       Need
		code       fault.Code
		says       string
	}{
		{"signed out", `echo 'WARNING: old' >&2; echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`, devOps, fault.CredentialRejected, "Please run 'az login' to setup account."},
		{"no consent", `echo 'ERROR: AADSTS65001: consent' >&2; exit 1`, devOps, fault.PermissionDenied, "AADSTS65001"},
		{"a service principal for PATs", `echo '{"accessToken":"` + applicationToken + `","expires_on":4102444800}'`, pats, fault.AppOnlyCredential, "azure-cli gets"},
		{"no JSON", `echo "` + applicationToken + `"`, devOps, fault.BadResponse, "az account get-access-token"},
		{"an empty token", `echo '{"accessToken":"","expires_on":4102444800}'`, devOps, fault.BadResponse, "empty token"},
		{"no word", `exit 1`, devOps, fault.MissingCredential, "without a message"},
		{"not there", `exit 127`, devOps, fault.MissingCredential, "not installed"},
	} {
		e, _ := installAZ(t, c.body)
		chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, c.need, e)
		_, err := chosen.Authorize(t.Context())
		t.Run(c.name, func(t *testing.T) {
			expectFault(t, err, c.code, c.says)
			if strings.Contains(err.Error(), "old") || strings.Contains(err.Error(), "aka.ms") {
				t.Errorf("the message contains too much: %v", err)
			}
		})
	}
}

func TestAzureCLIIsTooSlow(t *testing.T) {
	t.Parallel()
	e, _ := installAZ(t, "exec sleep 5")
	chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, devOps, e)
	soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := chosen.Authorize(soon)
	expectFault(t, err, fault.Timeout, "Azure CLI")
}

func TestAzureCLIIsNotInstalled(t *testing.T) {
	t.Parallel()
	e := Environment{Local: true, Env: map[string]string{"PATH": t.TempDir()}}
	chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, devOps, e)
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.MissingCredential, "not installed")
}

// TestAzureCLIInheritsNoInput checks that az does not inherit any of azstep's
// secrets.
func TestAzureCLIInheritsNoInput(t *testing.T) {
	t.Parallel()
	e, calls := installAZ(t, `env >>"$0.env"; echo '{"accessToken":"FAKE-0001"}'`)
	e.Env["AZSTEP_CLIENT_SECRET"], e.Env["INPUT_REFRESH-TOKEN"], e.Env["AZURE_CONFIG_DIR"] = fakeSecret, fakeFresh, "/config"
	chosen, _ := choose(t, entra(t), Inputs{Auth: wayCLI}, devOps, e)
	if got := ask(t, chosen); got != "Bearer FAKE-0001" {
		t.Errorf("%q", got)
	}
	env, err := os.ReadFile(strings.TrimSuffix(calls, "calls") + "az.env")
	if err != nil || !slices.Contains(strings.Split(string(env), "\n"), "AZURE_CONFIG_DIR=/config") {
		t.Errorf("%v, %q", err, env)
	}
	if strings.Contains(string(env), fakeSecret) || strings.Contains(string(env), fakeFresh) {
		t.Errorf("az inherits a secret: %q", env)
	}
}

func TestExpiryOfACLIToken(t *testing.T) {
	t.Parallel()
	local := time.Date(2026, 11, 21, 13, 0, 0, 123456000, time.Local)
	for text, want := range map[string]time.Time{
		`{"accessToken":"t","expires_on":1795266000,"expiresOn":"1999-01-01 00:00:00.000000"}`: time.Unix(1795266000, 0),
		`{"accessToken":"t","expiresOn":"` + local.Format("2006-01-02 15:04:05.000000") + `"}`: local,
		`{"accessToken":"t","expiresOn":"soon"}`:                                               {},
	} {
		got, err := readCLI([]byte(text))
		if err != nil || !got.Expires.Equal(want) {
			t.Errorf("%s: %s, %v", text, got.Expires, err)
		}
	}
}
