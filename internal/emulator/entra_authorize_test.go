package emulator_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

const (
	authorizePath = "/" + tenantID + "/oauth2/v2.0/authorize"
	verifier      = "FAKE-VERIFIER-0123456789-0123456789-0123456789-012"
	redirect      = "http://localhost:40123"
)

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// question is the query with which a client opens the page.
func question(changes ...string) url.Values {
	q := url.Values{
		"client_id": {loginApp}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {loginScopes}, "state": {"S1"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
	}
	return q
}

// signIn clicks a button of the page and follows the redirect to the client.
func (w *world) signIn(decision string) url.Values {
	w.t.Helper()
	q := question("decision", decision)
	got := w.send(http.MethodPost, authorizePath, "", q)
	back, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusFound || back.Host != "localhost:40123" {
		w.t.Fatalf("status %d to %q: %s", got.status, back, got.body)
	}
	return back.Query()
}

func (w *world) redeem(code string, changes ...string) tokenBody {
	w.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {loginApp}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	_, b := w.grant(tokenPath, form)
	return b
}

func TestSignInByThePage(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	page := w.send(http.MethodGet, authorizePath+"?"+question().Encode(), "", nil)
	if !strings.Contains(string(page.body), `name="code_challenge" value="`+challenge()) || !strings.Contains(string(page.body), "Jamal Hartnett") {
		t.Errorf("status %d: %s", page.status, page.body)
	}
	back := w.signIn("accept")
	if back.Get("state") != "S1" {
		t.Errorf("state %q", back.Get("state"))
	}
	b := w.redeem(back.Get("code"))
	if b.RefreshToken == "" {
		t.Fatalf("%+v", b)
	}
	if got := w.send(http.MethodPost, patsPath, "Bearer "+b.AccessToken, wish("browser")); got.status != http.StatusOK {
		t.Errorf("mint with it: %d %s", got.status, got.body)
	}
	if again := w.redeem(back.Get("code")); again.Codes[0] != 54005 {
		t.Errorf("the code worked twice: %+v", again)
	}
}

func TestWhatACodeIsRefusedFor(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for change, code := range map[[2]string]int{
		{"code_verifier", "FAKE-OTHER"}:                       501481,
		{"code_verifier", ""}:                                 501481,
		{"redirect_uri", "http://localhost:1"}:                500112,
		{"code", "FAKE-CODE.NONE"}:                            9002313,
		{"client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46"}: 9002313,
		{"client_id", deployApp}:                              7000218,
		{"code_verifier", verifier + "-and-some-more"}:        501481,
	} {
		if b := w.redeem(w.signIn("accept").Get("code"), change[0], change[1]); len(b.Codes) != 1 || b.Codes[0] != code {
			t.Errorf("%v: %+v, want %d", change, b, code)
		}
	}
	late := w.signIn("accept").Get("code")
	w.Advance(11 * time.Minute)
	if b := w.redeem(late); b.Codes[0] != 70008 {
		t.Errorf("late: %+v", b)
	}
}

func TestWhoIsNotSentBack(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, change := range [][2]string{{"redirect_uri", "http://evil.example/"}, {"redirect_uri", "http://127.0.0.1:40123/"}, {"redirect_uri", "https://localhost/"}, {"client_id", deployApp}, {"client_id", "0"}} {
		got := w.send(http.MethodGet, authorizePath+"?"+question(change[0], change[1]).Encode(), "", nil)
		if got.status != http.StatusBadRequest || got.header.Get("Location") != "" || !strings.Contains(string(got.body), "AADSTS") {
			t.Errorf("%v: %d %s", change, got.status, got.body)
		}
	}
	if back := w.signIn("cancel"); back.Get("error") != "access_denied" || back.Get("state") != "S1" || back.Get("code") != "" {
		t.Errorf("cancelled: %v", back)
	}
	got := w.send(http.MethodGet, authorizePath+"?"+question("scope", "https://nowhere.example/.default").Encode(), "", nil)
	if !strings.Contains(got.header.Get("Location"), "error_description=AADSTS500011") {
		t.Errorf("scope: %d %v", got.status, got.header)
	}
}

func TestBlockedDeviceCode(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetEntraPolicy(tenantID, emulator.EntraPolicy{BlockDeviceCode: true}); err != nil {
		t.Fatal(err)
	}
	_, poll := w.device(loginScopes)
	if b := poll(); b.Codes[0] != 530033 {
		t.Errorf("%+v", b)
	}
	if b := w.redeem(w.signIn("accept").Get("code")); b.RefreshToken == "" {
		t.Errorf("the browser is blocked, too: %+v", b)
	}
}
