package emulator_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestCredentialsOnThePATAPI(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	basic := func(pw string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte("any:"+pw)) }
	token := func(o emulator.TokenOptions) string { return w.bearer(o) }
	pat := w.mint("for basic").PATToken.Token
	for _, tt := range []struct {
		name, method, auth string
		suppress           bool
		status             int
		typeKey            string
	}{
		{"user", "GET", token(emulator.TokenOptions{}), false, 200, ""},
		{"impersonation", "POST", token(emulator.TokenOptions{Scopes: "user_impersonation"}), false, 200, ""},
		{"read scope alone", "POST", token(emulator.TokenOptions{Scopes: "vso.pats"}), false, 401, "UnauthorizedRequestException"},
		{"other scope", "GET", token(emulator.TokenOptions{Scopes: "vso.code"}), false, 401, "UnauthorizedRequestException"},
		{"app", "POST", token(emulator.TokenOptions{App: true}), false, 302, ""},
		{"app, suppressed", "POST", token(emulator.TokenOptions{App: true}), true, 401, "UnauthorizedRequestException"},
		{"expired, POST", "POST", token(emulator.TokenOptions{ExpiresIn: -time.Minute}), false, 203, ""},
		{"expired, DELETE", "DELETE", token(emulator.TokenOptions{ExpiresIn: -time.Minute}), false, 401, "UnauthorizedRequestException"},
		{"expired, suppressed", "GET", token(emulator.TokenOptions{ExpiresIn: -time.Minute}), true, 401, "UnauthorizedRequestException"},
		{"garbage", "GET", "Bearer FAKE-GARBAGE", false, 203, ""},
		{"forged", "GET", token(emulator.TokenOptions{Forged: true}), false, 203, ""},
		{"wrong audience", "PUT", token(emulator.TokenOptions{Audience: emulator.IoTCentral}), false, 401, "UnauthorizedRequestException"},
		{"not a member", "GET", token(emulator.TokenOptions{Name: "raisa@fabrikam.example"}), false, 401, "UnauthorizedRequestException"},
		{"PAT", "GET", basic(pat), false, 401, "UnauthorizedRequestException"},
		{"unknown PAT", "GET", basic("FAKE-PAT-0001"), false, 203, ""},
		{"nothing", "GET", "", false, 302, ""},
		{"nothing, suppressed", "GET", "", true, 401, ""},
		{"broken base64", "GET", "Basic !!!", false, 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var headers []string
			if tt.suppress {
				headers = append(headers, "X-TFS-FedAuthRedirect: Suppress")
			}
			var body any
			if tt.method != "GET" {
				body = wish(tt.name)
			}
			got := w.send(tt.method, patsPath, tt.auth, body, headers...)
			if got.status != tt.status {
				t.Errorf("status %d, want %d; body %s", got.status, tt.status, got.body)
			}
			if got.header.Get("ActivityId") == "" || got.header.Get("X-VSS-E2EID") == "" {
				t.Error("no ActivityId or X-VSS-E2EID")
			}
			checkShape(t, got, tt.typeKey)
		})
	}
}

// checkShape checks that a response has the form that belongs to its status: an
// error envelope for a typeKey, HTML for sign-in pages.
func checkShape(t *testing.T, got answer, typeKey string) {
	t.Helper()
	if html := strings.HasPrefix(got.header.Get("Content-Type"), "text/html"); html != (got.status == 203 || got.status == 302) {
		t.Errorf("status %d has Content-Type %q", got.status, got.header.Get("Content-Type"))
	}
	if (got.status == 302) != strings.Contains(got.header.Get("Location"), "/_signin?") {
		t.Errorf("status %d has Location %q", got.status, got.header.Get("Location"))
	}
	if typeKey == "" {
		return
	}
	var e struct{ TypeKey, Message string }
	got.json(t, &e)
	if e.TypeKey != typeKey || !strings.HasPrefix(e.Message, "TF400813") {
		t.Errorf("error %+v, want typeKey %s", e, typeKey)
	}
}

func TestVersionsAndPaths(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	auth := w.bearer(emulator.TokenOptions{})
	const path = "/fabrikam/_apis/tokens/pats"
	for _, tt := range []struct {
		method, path, accept string
		status               int
		want                 string
	}{
		{"POST", path + "?api-version=6.1-preview", "", 200, "none"},
		{"POST", path + "?api-version=7.2-preview.1", "", 200, "none"},
		{"POST", path, "application/json;api-version=7.1-preview.1", 200, "none"},
		{"POST", "/FABRIKAM/_apis/Tokens/Pats?api-version=7.1-preview.1", "", 200, "none"},
		{"POST", path, "application/json", 400, "VssVersionNotSpecifiedException"},
		{"POST", path + "?api-version=7.1", "", 400, "VssInvalidPreviewVersionException"},
		{"POST", path + "?api-version=9.0-preview", "", 400, "VssVersionOutOfRangeException"},
		{"GET", path, "", 200, "patTokens"},
		{"PATCH", path, "", 405, "does not support http method 'PATCH'"},
		{"GET", "/fabrikam/_apis/nothing", "", 404, "was not found or does not implement IController"},
		{"GET", "/nobody/_apis/tokens/pats", "", 404, "Page not found"},
	} {
		got := w.send(tt.method, tt.path, auth, wish("v"), "Accept: "+tt.accept)
		if got.status != tt.status || !strings.Contains(string(got.body), tt.want) {
			t.Errorf("%s %s (%s): status %d, body %s; want %d with %s", tt.method, tt.path, tt.accept, got.status, got.body, tt.status, tt.want)
		}
	}
}

// patTokenErrorMessage came with 7.2.
func TestRefusalsExplainThemselvesSince72(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetPATPolicy("fabrikam", emulator.PATPolicy{RestrictCreation: true}); err != nil {
		t.Fatal(err)
	}
	for version, explained := range map[string]bool{"7.1-preview.1": false, "7.2-preview.1": true} {
		var b patBody
		got := w.send(http.MethodPost, "/fabrikam/_apis/tokens/pats?api-version="+version, w.bearer(emulator.TokenOptions{}), wish("x"))
		got.json(t, &b)
		if (b.PATTokenErrorMessage != "") != explained || got.header.Get("Content-Type") != "application/json; charset=utf-8; api-version="+version {
			t.Errorf("%s: %s, %s", version, got.body, got.header.Get("Content-Type"))
		}
	}
}

func TestMalformedJSON(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	got := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), `{"displayName": `)
	var e struct{ TypeKey, Message string }
	got.json(t, &e)
	if got.status != 400 || e.TypeKey != "JsonReaderException" || !strings.HasPrefix(e.Message, "TF400898") {
		t.Errorf("status %d, %+v", got.status, e)
	}
}
