package emulator_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/azstep/azstep/internal/emulator"
)

// Ids and secrets in the built-in seed.
const (
	tenantID    = "0fab0000-0000-4000-8000-000000000001"
	deployApp   = "0fab0000-0000-4000-8000-0000000000a1"
	loginApp    = "0fab0000-0000-4000-8000-0000000000a3"
	secretLogin = "0fab0000-0000-4000-8000-0000000000a4"
	adoDefault  = emulator.AzureDevOps + "/.default"
	tokenPath   = "/" + tenantID + "/oauth2/v2.0/token"
)

type tokenBody struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	Scope        string
	ExpiresIn    int `json:"expires_in"`
	Error        string
	Suberror     string
	Codes        []int  `json:"error_codes"`
	Description  string `json:"error_description"`
	TraceID      string `json:"trace_id"`
}

func (w *world) grant(path string, form url.Values) (answer, tokenBody) {
	w.t.Helper()
	got := w.send(http.MethodPost, path, "", form)
	var b tokenBody
	got.json(w.t, &b)
	return got, b
}

func TestClientSecretGivesAnApplicationsToken(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	got, b := w.grant(tokenPath, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {deployApp}, "client_secret": {"FAKE-CLIENT-SECRET-0001"},
		"scope": {adoDefault + " openid offline_access profile"},
	})
	if got.status != http.StatusOK || b.AccessToken == "" || b.RefreshToken != "" || b.ExpiresIn != 3600 {
		t.Fatalf("status %d, %s", got.status, got.body)
	}
	if got := w.send(http.MethodGet, patsPath, "Bearer "+b.AccessToken, nil); got.status != http.StatusFound {
		t.Errorf("an application's token on the PAT API: status %d, want 302", got.status)
	}
}

func TestRefreshTokenGivesAUsersToken(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	first := w.RefreshToken("jamal@fabrikam.example", "azstep login")
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {loginApp}, "refresh_token": {first}, "scope": {adoDefault}}
	_, b := w.grant(tokenPath, form)
	if b.RefreshToken == "" || b.RefreshToken == first {
		t.Errorf("no other refresh token: %+v", b)
	}
	if got := w.send(http.MethodPost, patsPath, "Bearer "+b.AccessToken, wish("refreshed")); got.status != http.StatusOK {
		t.Errorf("mint with it: status %d, %s", got.status, got.body)
	}
	if _, again := w.grant(tokenPath, form); again.AccessToken == "" {
		t.Errorf("the old refresh token stopped working: %+v", again)
	}
	w.Advance(91 * 24 * time.Hour)
	if _, late := w.grant(tokenPath, form); late.Error != "invalid_grant" || late.Codes[0] != 700082 {
		t.Errorf("after 91 days: %+v", late)
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	refresh := w.RefreshToken("jamal@fabrikam.example", "azstep login")
	secret := func(change url.Values) url.Values {
		return merged(url.Values{"grant_type": {"client_credentials"}, "client_id": {deployApp}, "client_secret": {"FAKE-CLIENT-SECRET-0001"}, "scope": {adoDefault}}, change)
	}
	user := func(change url.Values) url.Values {
		return merged(url.Values{"grant_type": {"refresh_token"}, "client_id": {loginApp}, "refresh_token": {refresh}, "scope": {adoDefault}}, change)
	}
	for _, tt := range []struct {
		name, path string
		form       url.Values
		status     int
		oauth      string
		code       int
	}{
		{"tenant", "/0fab0000-0000-4000-8000-00000000ffff/oauth2/v2.0/token", secret(nil), 400, "invalid_request", 90002},
		{"no client", tokenPath, url.Values{}, 400, "invalid_request", 900144},
		{"client", tokenPath, secret(url.Values{"client_id": {"0fab0000-0000-4000-8000-00000000ffff"}}), 400, "unauthorized_client", 700016},
		{"client of another tenant", "/contoso.example/oauth2/v2.0/token", secret(nil), 400, "unauthorized_client", 700016},
		{"secret", tokenPath, secret(url.Values{"client_secret": {"FAKE-WRONG"}}), 401, "invalid_client", 7000215},
		{"expired secret", tokenPath, secret(url.Values{"client_secret": {"FAKE-CLIENT-SECRET-0000"}}), 401, "invalid_client", 7000222},
		{"bare scope", tokenPath, user(url.Values{"scope": {"vso.pats"}}), 400, "invalid_client", 650053},
		{"two resources", tokenPath, user(url.Values{"scope": {adoDefault + " " + emulator.IoTCentral + "/.default"}}), 400, "invalid_request", 28000},
		{"device code", tokenPath, user(url.Values{"grant_type": {deviceGrant}, "device_code": {"FAKE"}}), 400, "bad_verification_code", 70018},
		{"no secret", tokenPath, secret(url.Values{"client_secret": {""}}), 401, "invalid_client", 7000218},
		{"no grant", tokenPath, secret(url.Values{"grant_type": {""}}), 400, "invalid_request", 900144},
		{"grant", tokenPath, secret(url.Values{"grant_type": {"password"}}), 400, "unsupported_grant_type", 70003},
		{"scope by name", tokenPath, secret(url.Values{"scope": {emulator.AzureDevOps + "/vso.code"}}), 400, "invalid_scope", 1002012},
		{"no scope", tokenPath, secret(url.Values{"scope": {"openid"}}), 400, "invalid_request", 900144},
		{"resource", tokenPath, secret(url.Values{"scope": {"https://graph.microsoft.com/.default"}}), 400, "invalid_resource", 500011},
		{"public with a secret", tokenPath, user(url.Values{"client_secret": {"FAKE"}}), 401, "invalid_client", 700025},
		{"public without a user", tokenPath, user(url.Values{"grant_type": {"client_credentials"}}), 401, "invalid_client", 7000218},
		{"refresh token", tokenPath, user(url.Values{"refresh_token": {"FAKE-REFRESH.nonsense"}}), 400, "invalid_grant", 9002313},
		{"refresh token of another client", tokenPath, user(url.Values{"client_id": {secretLogin}, "client_secret": {"FAKE-CLIENT-SECRET-0004"}}), 400, "invalid_grant", 9002313},
		{"not consented", tokenPath, user(url.Values{"scope": {emulator.AzureDevOps + "/vso.code"}}), 400, "invalid_grant", 65001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, b := w.grant(tt.path, tt.form)
			if got.status != tt.status || b.Error != tt.oauth || len(b.Codes) != 1 || b.Codes[0] != tt.code || b.TraceID == "" {
				t.Errorf("status %d, %s; want %d %s AADSTS%d", got.status, got.body, tt.status, tt.oauth, tt.code)
			}
		})
	}
}

// merged returns base with the values of change. An empty value deletes.
func merged(base, change url.Values) url.Values {
	for name, values := range change {
		base[name] = values
		if values[0] == "" {
			delete(base, name)
		}
	}
	return base
}

func TestOpenIDConfigurationIsOfThisAuthority(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, name := range []string{tenantID, "fabrikam.example", "organizations"} {
		var b struct {
			Issuer        string
			TokenEndpoint string `json:"token_endpoint"`
		}
		w.send(http.MethodGet, "/"+name+"/v2.0/.well-known/openid-configuration", "", nil).json(t, &b)
		if b.Issuer != w.URL()+"/"+tenantID+"/v2.0" || b.TokenEndpoint != w.URL()+tokenPath {
			t.Errorf("%s: %+v", name, b)
		}
	}
}

func TestPoliciesRefuseTokens(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		policy    emulator.EntraPolicy
		user, app int // AADSTS codes, 0 for a token
		suberror  string
	}{
		{emulator.EntraPolicy{ConditionalAccess: true}, 53003, 53003, "message_only"},
		{emulator.EntraPolicy{RequireMFA: true}, 50076, 0, "basic_action"},
		{emulator.EntraPolicy{WithdrawConsent: true}, 65001, 0, "consent_required"},
		{emulator.EntraPolicy{DisableUsers: true}, 50057, 0, ""},
		{emulator.EntraPolicy{RevokeSessions: true}, 50173, 0, "bad_token"},
		{emulator.EntraPolicy{SignInFrequency: true}, 70043, 0, "bad_token"},
	} {
		w := start(t, emulator.Options{})
		if err := w.SetEntraPolicy("fabrikam.example", tt.policy); err != nil {
			t.Fatal(err)
		}
		_, user := w.grant(tokenPath, url.Values{
			"grant_type": {"refresh_token"}, "client_id": {loginApp}, "scope": {adoDefault},
			"refresh_token": {w.RefreshToken("jamal@fabrikam.example", "azstep login")},
		})
		_, app := w.grant(tokenPath, url.Values{
			"grant_type": {"client_credentials"}, "client_id": {deployApp}, "client_secret": {"FAKE-CLIENT-SECRET-0001"}, "scope": {adoDefault},
		})
		if code(user) != tt.user || user.Suberror != tt.suberror || code(app) != tt.app {
			t.Errorf("%+v: user %+v, app %+v", tt.policy, user, app)
		}
	}
}

func code(b tokenBody) int {
	if len(b.Codes) == 0 {
		return 0
	}
	return b.Codes[0]
}

func TestPolicyOfAnUnknownTenant(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if w.SetEntraPolicy("nobody.example", emulator.EntraPolicy{}) == nil || w.SetPATPolicy("nobody", emulator.PATPolicy{}) == nil {
		t.Error("a policy was set for nobody")
	}
}

func TestInstanceDiscovery(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	var b struct {
		Endpoint string `json:"tenant_discovery_endpoint"`
		Metadata []struct{ Aliases []string }
	}
	w.send(http.MethodGet, "/common/discovery/instance?api-version=1.1", "", nil).json(t, &b)
	if !strings.HasPrefix(b.Endpoint, w.URL()) || len(b.Metadata) != 1 || "https://"+b.Metadata[0].Aliases[0] != w.URL() {
		t.Errorf("%+v", b)
	}
}

// TestOAuth2DeviceCodeAndRefresh checks that a library for the real service works
// with the emulator. Other libraries are in test/clients.
func TestOAuth2DeviceCodeAndRefresh(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.client)
	config := oauth2.Config{ClientID: loginApp, Scopes: strings.Fields(loginScopes), Endpoint: oauth2.Endpoint{
		DeviceAuthURL: w.URL() + "/" + tenantID + "/oauth2/v2.0/devicecode", TokenURL: w.URL() + tokenPath,
	}}
	d, err := config.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, err := config.DeviceAccessToken(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	// A source without an access token refreshes immediately. x/oauth2 sends no
	// scope, which Entra treats as the scope of the sign-in.
	second, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.RefreshToken == "" {
		t.Error("the refresh token was not replaced")
	}
	if got := w.send(http.MethodGet, patsPath, "Bearer "+second.AccessToken, nil); got.status != http.StatusOK {
		t.Errorf("status %d", got.status)
	}
}
