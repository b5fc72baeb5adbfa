package emulator_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

type deviceBody struct {
	UserCode        string `json:"user_code"`
	DeviceCode      string `json:"device_code"`
	VerificationURI string `json:"verification_uri"`
	ExpiresIn       int    `json:"expires_in"`
	Interval        int
	Message         string
}

const loginScopes = emulator.AzureDevOps + "/vso.pats " + emulator.AzureDevOps + "/vso.pats_manage offline_access"

func (w *world) device(scope string) (d deviceBody, poll func() tokenBody) {
	w.t.Helper()
	w.send(http.MethodPost, "/"+tenantID+"/oauth2/v2.0/devicecode", "", url.Values{"client_id": {loginApp}, "scope": {scope}}).json(w.t, &d)
	return d, func() tokenBody {
		_, b := w.grant(tokenPath, url.Values{"grant_type": {deviceGrant}, "client_id": {loginApp}, "device_code": {d.DeviceCode}})
		return b
	}
}

func TestDeviceCodeApprovesItself(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetEntraPolicy(tenantID, emulator.EntraPolicy{DevicePolls: 2}); err != nil {
		t.Fatal(err)
	}
	d, poll := w.device(loginScopes)
	if d.UserCode == "" || d.VerificationURI != w.URL()+"/devicelogin" || d.Interval < 1 || d.ExpiresIn != 900 || d.Message == "" {
		t.Errorf("%+v", d)
	}
	for range 2 {
		if b := poll(); b.Error != "authorization_pending" {
			t.Errorf("%+v", b)
		}
	}
	b := poll()
	if b.RefreshToken == "" {
		t.Fatalf("no refresh token: %+v", b)
	}
	if got := w.send(http.MethodPost, patsPath, "Bearer "+b.AccessToken, wish("device")); got.status != http.StatusOK {
		t.Errorf("mint with it: %d %s", got.status, got.body)
	}
	if again := poll(); again.Error != "bad_verification_code" {
		t.Errorf("the code worked twice: %+v", again)
	}
}

func TestDeviceCodeWaitsForAPerson(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetEntraPolicy(tenantID, emulator.EntraPolicy{DevicePolls: -1}); err != nil {
		t.Fatal(err)
	}
	approved, poll := w.device(adoDefault)
	if b := poll(); b.Error != "authorization_pending" {
		t.Errorf("%+v", b)
	}
	w.send(http.MethodPost, "/_emulator/device", "", map[string]any{"userCode": approved.UserCode, "user": "christie@fabrikam.example"})
	b := poll()
	if b.AccessToken == "" || b.RefreshToken != "" {
		t.Fatalf("want a token and, without offline_access, no refresh token: %+v", b)
	}
	w.send(http.MethodPost, patsPath, "Bearer "+b.AccessToken, wish("hers"))
	if owner := w.PATs()[0].Owner; owner != "christie@fabrikam.example" {
		t.Errorf("the token is %s's", owner)
	}

	declined, poll := w.device(adoDefault)
	if err := w.ApproveDevice(declined.UserCode, "", true); err != nil {
		t.Error(err)
	}
	if b := poll(); b.Error != "authorization_declined" {
		t.Errorf("%+v", b)
	}
	_, poll = w.device(adoDefault)
	w.Advance(time.Hour)
	if b := poll(); b.Error != "expired_token" {
		t.Errorf("%+v", b)
	}
	if w.ApproveDevice("FAKE", "", false) == nil {
		t.Error("a code that nobody has was approved")
	}
}

func TestDevicePage(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	d, poll := w.device(adoDefault)
	for code, want := range map[string]int{"<script>": 404, d.UserCode: 200} {
		if got := w.send(http.MethodPost, "/devicelogin", "", url.Values{"user_code": {code}}); got.status != want {
			t.Errorf("%q: status %d, %s", code, got.status, got.body)
		}
	}
	if got := w.send(http.MethodGet, "/devicelogin", "", nil); got.status != 200 {
		t.Errorf("page: %d", got.status)
	}
	if b := poll(); b.AccessToken == "" {
		t.Errorf("%+v", b)
	}
}
