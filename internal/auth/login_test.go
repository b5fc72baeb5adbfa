package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"

	"github.com/google/go-cmp/cmp"
)

// signIn is a fake Entra for the device code flow: the first answer is for the code,
// the others are for the polls.
type signIn struct {
	t       *testing.T
	answers []string // JSON, or a status and the value of Retry-After
	forms   []url.Values
	paths   []string
	lines   []string // of the log
}

func (s *signIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if len(s.answers) == 0 {
		s.t.Errorf("unexpected request: %s", r.URL)
		panic(http.ErrAbortHandler)
	}
	_ = r.ParseForm()
	s.forms, s.paths = append(s.forms, r.PostForm), append(s.paths, "https://"+r.Host+r.URL.String())
	text := s.answers[0]
	s.answers = s.answers[1:]
	if text == broken {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	switch busy, wait, _ := strings.Cut(text, " "); {
	case len(busy) == 3:
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		status, _ := strconv.Atoi(busy)
		w.WriteHeader(status)
		text = ""
	case strings.Contains(text, `"error"`):
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = io.WriteString(w, text)
}

// broken is an answer that breaks off.
const broken = "broken"

// network replaces sockets in tests with a fake clock.
type network struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.done:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.done) })
	return nil
}

func (n *network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case n.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// example is the only host name in the test certificate.
const example = "https://example.com"

// transport connects every address to the sign-in.
func (s *signIn) transport() *transport.Transport {
	n := &network{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &service{Server: httptest.NewUnstartedServer(s)}
	_ = server.Listener.Close()
	server.Listener = n
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	s.t.Cleanup(server.Close)
	o := server.trusting(s.t)
	o.Dial = n.dial
	tr := transport.New(o)
	s.t.Cleanup(tr.Close)
	return tr
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
		Transport: s.transport(), AuthorityHost: example, TenantID: tenantID, ClientID: clientID,
		Prompt: func(page, code string) { *prompted = append(*prompted, page, code) },
		Hide:   func(string) {}, Log: func(format string, args ...any) { s.lines = append(s.lines, fmt.Sprintf(format, args...)) },
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
		base := example + "/" + tenantID + "/oauth2/v2.0/"
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
		{"no JSON", []string{"<html>", "<html>", "<html>", "<html>"}, fault.BadResponse, nil},
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
					t.Errorf("%d answers were not requested", len(s.answers))
				}
			})
		})
	}
}

// After a poll that fails, the next one follows after the interval that Entra gave,
// or after the wait that it asked for. Each failure is logged.
func TestLoginKeepsTheIntervalAfterAFailedPoll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers []string
		took    time.Duration
		lines   int
		code    fault.Code
	}{
		{"busy", []string{deviceAnswer, "503", signedIn(fakeFresh)}, 10 * time.Second, 1, ""},
		{"no answer", []string{deviceAnswer, broken, pending, broken, signedIn(fakeFresh)}, 20 * time.Second, 2, ""},
		{"asks for more", []string{deviceAnswer, "503 20", signedIn(fakeFresh)}, 25 * time.Second, 1, ""},
		{"asks for less", []string{deviceAnswer, "429 1", signedIn(fakeFresh)}, 10 * time.Second, 1, ""},
		{"asks for nothing", []string{deviceAnswer, "429 0", signedIn(fakeFresh)}, 10 * time.Second, 1, ""},
		{"after slow_down", []string{deviceAnswer, slowDown, "500", signedIn(fakeFresh)}, 25 * time.Second, 1, ""},
		{"for ever", []string{deviceAnswer, pending, "503", "503", "503", "503"}, 25 * time.Second, 3, fault.ServiceUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var prompted []string
				s := &signIn{t: t, answers: c.answers}
				begin := time.Now()
				_, err := login(t.Context(), s, &prompted)
				if took := time.Since(begin); took != c.took || len(s.lines) != c.lines || c.code == "" && err != nil {
					t.Errorf("took %v: %v, logged %q", took, err, s.lines)
				}
				if c.code != "" {
					expectFault(t, err, c.code)
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
