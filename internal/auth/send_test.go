package auth

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

func TestCertificateErrorsAreNotRetried(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, n := choose(t, s, in, devOps, Environment{Local: true})
	chosen.Connect(n.wire(t, transport.Options{})) // does not trust the test certificate
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.TLS, "certificate")
	if len(n.lines) != 1 || !strings.Contains(n.lines[0], "client-secret") { // the identity that was used
		t.Errorf("logged %q", n.lines)
	}
}

func TestServiceThatStaysBusy(t *testing.T) {
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
			if got := len(s.asked()) - before; got != 3 || len(n.lines) != 3 { // two waits, and the way to authenticate
				t.Errorf("%s: %d attempts, want 3; logged %q", chosen.Way, got, n.lines)
			}
		}
	}
}
