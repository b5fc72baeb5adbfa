package emulator_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestPATLivesFromCreateToRevoke(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	minted := w.mint("build 1").PATToken
	auth := w.bearer(emulator.TokenOptions{})
	if got := minted.Token; len(got) != 84 || got[76:80] != "AZDO" || !strings.HasPrefix(got, "FAKE") {
		t.Errorf("PAT text %q: want 84 characters, AZDO from the 77th, and FAKE", got)
	}
	one := w.send(http.MethodGet, patsPath+"&authorizationId="+minted.AuthorizationID, auth, nil)
	var shown patBody
	one.json(t, &shown)
	if shown.PATToken.Token != "" || shown.PATToken.DisplayName != "build 1" {
		t.Errorf("get: %s", one.body)
	}
	gone := w.send(http.MethodDelete, patsPath+"&authorizationId="+minted.AuthorizationID, auth, nil)
	if gone.status != http.StatusNoContent || len(gone.body) != 0 {
		t.Errorf("revoke: status %d, body %q", gone.status, gone.body)
	}
	for filter, want := range map[string]int{"active": 0, "revoked": 1, "expired": 0, "all": 1, "": 0} {
		var list patList
		w.send(http.MethodGet, patsPath+"&displayFilterOption="+filter, auth, nil).json(t, &list)
		if len(list.PATTokens) != want {
			t.Errorf("filter %q: %d PATs, want %d", filter, len(list.PATTokens), want)
		}
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	names := []string{"a", "b", "c", "d", "e"}
	for _, n := range names {
		w.mint(n)
	}
	var got []string
	next, pages := "", 0
	for {
		var list patList
		w.send(http.MethodGet, patsPath+"&sortByOption=displayName&isSortAscending=false&$top=2&continuationToken="+url.QueryEscape(next),
			w.bearer(emulator.TokenOptions{}), nil).json(t, &list)
		for _, p := range list.PATTokens {
			got = append(got, p.DisplayName)
			if p.Token != nil {
				t.Errorf("the list shows the text of %s", p.DisplayName)
			}
		}
		pages++
		if next = list.ContinuationToken; next == "" {
			break
		}
	}
	slices.Reverse(names)
	if !slices.Equal(got, names) || pages != 3 {
		t.Errorf("got %v in %d pages, want %v in 3", got, pages, names)
	}
}

func TestOthersPATsDoNotExist(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	id := w.mint("mine").PATToken.AuthorizationID
	other := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example"})
	var list patList
	w.send(http.MethodGet, patsPath, other, nil).json(t, &list)
	if len(list.PATTokens) != 0 {
		t.Errorf("another user sees %v", list.PATTokens)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		var b patBody
		got := w.send(method, patsPath+"&authorizationId="+id, other, nil)
		got.json(t, &b)
		if got.status != http.StatusNotFound || b.PATTokenError != "authorizationNotFound" {
			t.Errorf("%s: status %d, %q", method, got.status, b.PATTokenError)
		}
	}
	if state := w.PATs()[0].State; state != "active" {
		t.Errorf("another user made it %s", state)
	}
}

func TestRefusedWishes(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	const day = 24 * time.Hour
	for _, tt := range []struct {
		change map[string]any
		policy emulator.PATPolicy
		want   string
	}{
		{map[string]any{"displayName": " "}, emulator.PATPolicy{}, "displayNameRequired"},
		{map[string]any{"validTo": "soon"}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"validTo": in(-time.Minute)}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"validTo": in(367 * day)}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"scope": "vso.code,vso.build"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": ""}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "vso.pats"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "app_token vso.code"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "app_token"}, emulator.PATPolicy{}, "none"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{}, "globalPATCreationBlocked"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{AllowGlobal: true}, "none"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{AllowGlobal: true, ForbidGlobal: true}, "globalPatPolicyViolation"},
		{map[string]any{"scope": "app_token"}, emulator.PATPolicy{ForbidFullScope: true}, "fullScopePatPolicyViolation"},
		{map[string]any{"validTo": in(30 * day)}, emulator.PATPolicy{MaxDays: 7, RefuseLonger: true}, "patLifespanPolicyViolation"},
		{map[string]any{}, emulator.PATPolicy{RestrictCreation: true}, "disablePatCreationPolicyViolation"},
		{map[string]any{"scope": "vso.packaging_write"}, emulator.PATPolicy{RestrictCreation: true, AllowPackaging: true}, "none"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			w := start(t, emulator.Options{})
			if err := w.SetPATPolicy("fabrikam", tt.policy); err != nil {
				t.Fatal(err)
			}
			body := wish("x")
			for k, v := range tt.change {
				body[k] = v
			}
			var b patBody
			got := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), body)
			got.json(t, &b)
			if b.PATTokenError != tt.want {
				t.Errorf("patTokenError %q, want %q", b.PATTokenError, tt.want)
			}
			if minted := len(w.PATs()) == 1; minted != (tt.want == "none") {
				t.Errorf("minted is %v after %q", minted, b.PATTokenError)
			}
		})
	}
}

func TestPolicyShortensLife(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetPATPolicy("fabrikam", emulator.PATPolicy{MaxDays: 7}); err != nil {
		t.Fatal(err)
	}
	body := wish("long")
	body["validTo"] = time.Now().AddDate(0, 3, 0).Format(time.RFC3339)
	w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), body)
	if days := time.Until(w.PATs()[0].ValidTo).Hours() / 24; days < 6.999 || days > 7.001 {
		t.Errorf("the PAT lives %.5f days, want 7", days)
	}
}

func TestAddedPATExpires(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	text, id, err := w.AddPAT("fabrikam", "christie@fabrikam.example", "vso.code", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+text))
	for _, tt := range []struct {
		advance time.Duration
		state   string
		message string
	}{
		{0, "active", "TF400813"}, // PATs may not manage PATs
		{time.Hour, "expired", "The Personal Access Token used has expired"},
	} {
		w.Advance(tt.advance)
		got := w.send(http.MethodGet, patsPath, basic, nil)
		p := w.PATs()[0]
		if p.AuthorizationID != id || p.State != tt.state || got.status != http.StatusUnauthorized || !strings.Contains(string(got.body), tt.message) {
			t.Errorf("%+v, status %d, %s", p, got.status, got.body)
		}
	}
	if _, _, err := w.AddPAT("nobody", "", "", time.Hour); err == nil {
		t.Error("a PAT was put into an organization that does not exist")
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	auth := w.bearer(emulator.TokenOptions{ExpiresIn: 50 * time.Hour})
	id := w.mint("old name").PATToken.AuthorizationID
	update := func() (b patBody) {
		w.send(http.MethodPut, patsPath, auth, map[string]any{"authorizationId": id, "displayName": "new name"}).json(t, &b)
		return b
	}
	if b := update(); b.PATTokenError != "none" || b.PATToken.DisplayName != "new name" || b.PATToken.Scope != "vso.code" || b.PATToken.Token != "" {
		t.Errorf("update: %+v", b)
	}
	w.Advance(2 * time.Hour)
	if b := update(); b.PATTokenError != "expiredPatCannotBeExtended" {
		t.Errorf("update of an expired PAT: %q", b.PATTokenError)
	}
}

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

// checkShape holds an answer to what its status promises: an error envelope
// when there is a typeKey, HTML for sign-in pages.
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
