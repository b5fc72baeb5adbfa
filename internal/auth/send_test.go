package auth

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// script answers one request after the other.
func script(t *testing.T, answers ...func() (*http.Response, error)) trip {
	t.Helper()
	return func(req *http.Request) (*http.Response, error) {
		if len(answers) == 0 {
			t.Errorf("one request too many: %s %s", req.Method, req.URL)
			return nil, errors.New("one request too many")
		}
		if body, err := bodyOf(req); err != nil || string(body) != "grant_type=x" {
			t.Errorf("body %q, %v", body, err)
		}
		next := answers[0]
		answers = answers[1:]
		return next()
	}
}

func says(status int, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		r := httptest.NewRecorder()
		for i := 0; i+1 < len(headers); i += 2 {
			r.Header().Set(headers[i], headers[i+1])
		}
		r.WriteHeader(status)
		return r.Result(), nil
	}
}

func breaks(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func breaksOff() (*http.Response, error) {
	return &http.Response{StatusCode: 200, Body: io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF))}, nil
}

func TestCourierRepeatsWhatMayEndOtherwise(t *testing.T) {
	t.Parallel()
	type answers = []func() (*http.Response, error)
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	date := time.Date(2000, 1, 1, 0, 0, 42, 0, time.UTC).Format(http.TimeFormat) // a bubble's clock begins with 2000
	for _, c := range []struct {
		name        string
		answers     answers
		status      int
		atLeast     time.Duration
		atMost      time.Duration
		logs        int
		logContains string
	}{
		{"well at once", answers{says(200)}, 200, 0, 0, 0, ""},
		{"refused for good", answers{says(400)}, 400, 0, 0, 0, ""},
		{"not found", answers{says(404)}, 404, 0, 0, 0, ""},
		{"not implemented", answers{says(501)}, 501, 0, 0, 0, ""},
		{"redirect", answers{says(302, "Location", "https://evil.example/")}, 302, 0, 0, 0, ""},
		{"busy once", answers{says(503), says(200)}, 200, 640 * time.Millisecond, 960 * time.Millisecond, 1, "before attempt 2 of 3: entra.example: HTTP 503"},
		{"busy to the end", answers{says(500), says(502), says(504)}, 504, 1920 * time.Millisecond, 2880 * time.Millisecond, 2, "attempt 3 of 3"},
		{"asks for seconds", answers{says(429, "Retry-After", "7"), says(200)}, 200, 7 * time.Second, 7 * time.Second, 1, "waiting 7s before attempt 2 of 3"},
		{"asks for a date", answers{says(503, "Retry-After", date), says(200)}, 200, 42 * time.Second, 42 * time.Second, 1, ""},
		{"asks for a date, by another clock", answers{says(503, "Date", "Sat, 21 Nov 2026 12:00:00 GMT", "Retry-After", "Sat, 21 Nov 2026 12:00:07 GMT"), says(200)}, 200, 7 * time.Second, 7 * time.Second, 1, ""},
		{"asks for milliseconds", answers{says(408, "x-ms-retry-after-ms", "30", "Retry-After", "9"), says(200)}, 200, 30 * time.Millisecond, 30 * time.Millisecond, 1, ""},
		{"asks for an hour", answers{says(429, "Retry-After", "3600")}, 429, 0, 0, 0, ""},
		{"asks for more than there is", answers{says(429, "Retry-After", "61")}, 429, 0, 0, 0, ""},
		{"asks for nonsense", answers{says(429, "Retry-After", "-1"), says(200)}, 200, 640 * time.Millisecond, 960 * time.Millisecond, 1, ""},
		{"connection refused", answers{breaks(refused), says(200)}, 200, 640 * time.Millisecond, 960 * time.Millisecond, 1, "connection refused"},
		{"answer breaks off", answers{breaksOff, says(200)}, 200, 640 * time.Millisecond, 960 * time.Millisecond, 1, "unexpected EOF"},
		{"reported by the transport", answers{breaks(fault.New(fault.Network, "broke")), says(200)}, 200, 640 * time.Millisecond, 960 * time.Millisecond, 1, "broke"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				n := &notebook{}
				carry := &courier{wire: n.wire(&http.Client{Transport: script(t, c.answers...)})}
				begin := time.Now()
				req, err := http.NewRequestWithContext(ctx, "POST", "https://entra.example/token", io.NopCloser(strings.NewReader("grant_type=x")))
				if err != nil {
					t.Fatal(err)
				}
				resp, err := carry.client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				if took := time.Since(begin); resp.StatusCode != c.status || carry.status != c.status || took < c.atLeast || took > c.atMost {
					t.Errorf("%d after %v, want %d after %v to %v", resp.StatusCode, took, c.status, c.atLeast, c.atMost)
				}
				if logged := strings.Join(n.lines, "\n"); len(n.lines) != c.logs || !strings.Contains(logged, c.logContains) {
					t.Errorf("logged %q", n.lines)
				}
			})
		})
	}
}

func TestCourierGivesUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
		code fault.Code
		says string
	}{
		{"connection", &net.OpError{Op: "dial", Err: errors.New("connection refused")}, fault.Network, "connection refused"},
		{"of the transport", fault.New(fault.InvalidInput, "entra.example is not a trusted host"), fault.InvalidInput, "do: entra.example is not"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				n := &notebook{}
				carry := &courier{wire: n.wire(&http.Client{Transport: trip(func(*http.Request) (*http.Response, error) { asked++; return nil, c.err })})}
				req, _ := http.NewRequestWithContext(t.Context(), "GET", "https://entra.example/token?secret="+fakeSecret, nil)
				_, err := carry.client().Do(req)
				expectFault(t, unreachable(t.Context(), "do", err), c.code, c.says)
				if want := map[bool]int{true: 3, false: 1}[c.code == fault.Network]; asked != want {
					t.Errorf("%d attempts, want %d", asked, want)
				}
			})
		})
	}
}

func TestCourierStopsWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		carry := &courier{wire: (&notebook{}).wire(&http.Client{Transport: script(t, says(503, "Retry-After", "60"))})}
		req, _ := http.NewRequestWithContext(ctx, "POST", "https://entra.example/token", strings.NewReader("grant_type=x"))
		_, err := carry.client().Do(req)
		expectFault(t, unreachable(ctx, "do", err), fault.Cancelled, "do: ")
	})
}

func TestAClientsOwnTimeoutIsANetworkFault(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := trip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		carry := &courier{wire: (&notebook{}).wire(&http.Client{Transport: hang, Timeout: time.Second})}
		_, err := carry.client().Get("https://entra.example/token")
		expectFault(t, unreachable(t.Context(), "do", err), fault.Network, "do: no answer in time")
	})
}

func TestCourierAsksOneOriginOnly(t *testing.T) {
	t.Parallel()
	n := &notebook{}
	carry := &courier{only: "https://entra.example", wire: n.wire(&http.Client{Transport: script(t, says(200))})}
	for address, ok := range map[string]bool{
		"https://evil.example/token": false, "http://entra.example/token": false, "https://entra.example:444/": false, "https://ENTRA.example/token": true,
	} {
		resp, err := carry.client().Post(address, "text/plain", strings.NewReader("grant_type=x"))
		if ok != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
}

func TestCertificatesAreNotAskedTwice(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, n := choose(t, s, in, devOps, Environment{Local: true})
	chosen.Connect(n.wire(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}})) // trusts nobody's test certificate
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.TLS, "certificate")
	if len(n.lines) != 1 || !strings.Contains(n.lines[0], "client-secret") { // as whom it was tried
		t.Errorf("logged %q", n.lines)
	}
}

func TestBusyToTheEnd(t *testing.T) {
	t.Parallel()
	for status, code := range map[int]fault.Code{429: fault.RateLimited, 503: fault.ServiceUnavailable, 408: fault.ServiceUnavailable} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After-Ms", "1")
			w.Header().Set("Retry-After", "1")
			sendJSON(w, status, map[string]any{"error": "temporarily_unavailable"})
		})
		for _, in := range []Inputs{{}, {ClientSecret: fakeSecret}, {RefreshToken: fakeFresh}} {
			in.TenantID, in.ClientID, in.AuthorityHost = tenantID, clientID, s.URL
			chosen, n := choose(t, s, in, devOps, onGitHubAt(s))
			before := len(s.asked())
			_, err := chosen.Authorize(t.Context())
			expectFault(t, err, code)
			if f := fault.From(err); f.RetryAfter != time.Millisecond || f.Status != status {
				t.Errorf("%+v", f)
			}
			if got := len(s.asked()) - before; got != 3 || len(n.lines) != 3 { // two waits, and the way that was taken
				t.Errorf("%s: %d attempts, want 3; logged %q", chosen.Way, got, n.lines)
			}
		}
	}
}
