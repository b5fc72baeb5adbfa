package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// signIn is an Entra that answers a device code flow: one answer for the code,
// and the others for the polls.
type signIn struct {
	t       *testing.T
	answers []string // JSON
	forms   []url.Values
	paths   []string
}

func (s *signIn) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if len(s.answers) == 0 {
		s.t.Errorf("one request too many: %s", req.URL)
		return nil, errors.New("one request too many")
	}
	body, _ := bodyOf(req)
	form, _ := url.ParseQuery(string(body))
	s.forms, s.paths = append(s.forms, form), append(s.paths, req.URL.String())
	text := s.answers[0]
	s.answers = s.answers[1:]
	status := http.StatusOK
	if strings.Contains(text, `"error"`) {
		status = http.StatusBadRequest
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text))}, nil
}

const (
	deviceAnswer = `{"device_code":"FAKE-DEVICE-CODE-0001","user_code":"ABCD-EFGH","verification_uri":"https://microsoft.com/devicelogin","expires_in":900,"interval":5}`
	pending      = `{"error":"authorization_pending","error_description":"AADSTS70016: pending","error_codes":[70016]}`
	slowDown     = `{"error":"slow_down"}`
)

func signedIn(refresh string) string {
	text, _ := json.Marshal(map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": jwt(user(nil)), "refresh_token": refresh})
	return string(text)
}

func entraSays(number, text string) string {
	return `{"error":"invalid_client","error_description":"AADSTS` + number + `: ` + text + `","error_codes":[` + number + `]}`
}

func login(ctx context.Context, s *signIn, prompted *[]string) (string, error) {
	user, err := Login(ctx, LoginOptions{
		Client: &http.Client{Transport: s}, TenantID: tenantID, ClientID: clientID,
		Prompt: func(page, code string) { *prompted = append(*prompted, page, code) },
		Hide:   func(string) {}, Log: func(string, ...any) {},
	})
	return user.RefreshToken, err
}

func TestLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &signIn{t: t, answers: []string{deviceAnswer, pending, slowDown, pending, signedIn(fakeFresh)}}
		var prompted []string
		begin := time.Now()
		got, err := login(t.Context(), s, &prompted)
		if err != nil || got != fakeFresh {
			t.Fatalf("%q, %v", got, err)
		}
		if took := time.Since(begin); took != 5*time.Second+5*time.Second+10*time.Second+10*time.Second {
			t.Errorf("took %v: after slow_down the interval is 5 s longer", took)
		}
		if diff := cmp.Diff([]string{"https://microsoft.com/devicelogin", "ABCD-EFGH"}, prompted); diff != "" {
			t.Error(diff)
		}
		if want := azureDevOpsApp + "/vso.pats " + azureDevOpsApp + "/vso.pats_manage offline_access"; s.forms[0].Get("scope") != want || s.forms[0].Get("client_id") != clientID {
			t.Errorf("asked for a code with %v", s.forms[0])
		}
		if f := s.forms[1]; f.Get("grant_type") != "urn:ietf:params:oauth:grant-type:device_code" || f.Get("device_code") != "FAKE-DEVICE-CODE-0001" {
			t.Errorf("polled with %v", f)
		}
		base := publicAuthority + "/" + tenantID + "/oauth2/v2.0/"
		if s.paths[0] != base+"devicecode" || s.paths[1] != base+"token" {
			t.Errorf("asked %v", s.paths)
		}
	})
}

func TestLoginEndsWithoutToken(t *testing.T) {
	t.Parallel()
	late := strings.ReplaceAll(deviceAnswer, `"expires_in":900`, `"expires_in":7`)
	for _, c := range []struct {
		name    string
		answers []string
		code    fault.Code
		says    []string
	}{
		{"declined", []string{deviceAnswer, pending, `{"error":"authorization_declined"}`}, fault.CredentialRejected, []string{"declined"}},
		{"declined as the RFC has it", []string{deviceAnswer, `{"error":"access_denied"}`}, fault.CredentialRejected, []string{"declined"}},
		{"expired", []string{deviceAnswer, `{"error":"expired_token"}`}, fault.Timeout, []string{"expired", "azstep login"}},
		{"expired while polling", []string{late, pending}, fault.Timeout, []string{"expired"}},
		{"public client flows not allowed", []string{deviceAnswer, entraSays("7000218", "needs a secret")}, fault.CredentialRejected, []string{"Allow public client flows"}},
		{"no such application", []string{entraSays("700016", "not found")}, fault.CredentialRejected, []string{"no application " + clientID}},
		{"no consent", []string{deviceAnswer, entraSays("65001", "consent")}, fault.PermissionDenied, []string{"vso.pats_manage"}},
		{"no refresh token", []string{deviceAnswer, signedIn("")}, fault.BadResponse, []string{"offline_access"}},
		{"no code", []string{`{"verification_uri":"https://microsoft.com/devicelogin"}`}, fault.BadResponse, nil},
		{"page without TLS", []string{strings.ReplaceAll(deviceAnswer, "https:", "http:")}, fault.BadResponse, []string{"https"}},
		{"no JSON", []string{"<html>"}, fault.BadResponse, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var prompted []string
				s := &signIn{t: t, answers: c.answers}
				_, err := login(t.Context(), s, &prompted)
				expectFault(t, err, c.code, c.says...)
				if strings.Contains(err.Error(), "FAKE-DEVICE-CODE") {
					t.Errorf("says the device code: %v", err)
				}
				if len(s.answers) != 0 {
					t.Errorf("%d answers were not asked for", len(s.answers))
				}
			})
		})
	}
}

func TestLoginIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(12*time.Second, cancel)
		var prompted []string
		_, err := login(ctx, &signIn{t: t, answers: []string{deviceAnswer, pending, pending}}, &prompted)
		expectFault(t, err, fault.Cancelled)
		_, err = login(ctx, &signIn{t: t}, &prompted) // before the first request
		expectFault(t, err, fault.Cancelled)
	})
}

func TestLoginWantsTenantAndClient(t *testing.T) {
	t.Parallel()
	_, err := Login(t.Context(), LoginOptions{AuthorityHost: "http://x"})
	for _, want := range []string{"tenant-id", "client-id", "authority-host"} {
		if !fault.Is(err, fault.InvalidInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, which does not name %s", err, want)
		}
	}
}
