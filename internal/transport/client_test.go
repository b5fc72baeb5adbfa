package transport

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"azstep/internal/fault"
)

// asAzidentity sends one request the way azidentity's credentials do.
func asAzidentity(ctx context.Context, tr *Transport) (string, error) {
	p := runtime.NewPipeline("m", "v", runtime.PipelineOptions{}, &policy.ClientOptions{
		Transport: tr, Retry: policy.RetryOptions{MaxRetries: -1}, PerCallPolicies: []policy.Policy{tr.Retries()},
	})
	req, err := runtime.NewRequest(ctx, "POST", target)
	if err != nil {
		return "", err
	}
	if err := req.SetBody(streaming.NopCloser(strings.NewReader("grant_type=x")), "application/x-www-form-urlencoded"); err != nil {
		return "", err
	}
	resp, err := p.Do(req)
	if err != nil {
		return "", err
	}
	defer closeBody(resp.Body)
	text, err := io.ReadAll(resp.Body)
	return resp.Status + " " + string(text), err
}

func TestRetriesForAzidentity(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	for name, tt := range map[string]struct {
		steps    []http.HandlerFunc
		want     string
		code     fault.Code
		requests int32
		least    time.Duration
	}{
		"at once":       {[]http.HandlerFunc{echo}, "200 OK grant_type=x", "", 1, 0},
		"throttled":     {[]http.HandlerFunc{with(throttled, "Retry-After", "6"), echo}, "200 OK grant_type=x", "", 2, 6 * time.Second},
		"no answer":     {[]http.HandlerFunc{hangUp, unavailable, echo}, "200 OK grant_type=x", "", 3, time.Second},
		"refused":       {[]http.HandlerFunc{answer(400, jsonType, `{"error":"invalid_client"}`)}, `400 Bad Request {"error":"invalid_client"}`, "", 1, 0},
		"for ever":      {[]http.HandlerFunc{answer(503, "text/plain", "busy")}, "503 Service Unavailable busy", "", 4, 4 * time.Second},
		"never answers": {[]http.HandlerFunc{hangUp}, "", fault.Network, 4, 4 * time.Second},
		"too long":      {[]http.HandlerFunc{with(throttled, "Retry-After", "600")}, "", fault.RateLimited, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var lines logbook
				s, tr := pipes(t, Options{Log: lines.log}, inOrder(tt.steps...))
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				got, err := asAzidentity(ctx, tr)
				if got != tt.want || (err != nil) != (tt.code != "") || err != nil && !fault.Is(err, tt.code) {
					t.Errorf("%q %v", got, err)
				}
				if n := s.requests.Load(); n != tt.requests || strings.Count(lines.String(), "waiting ") != int(n)-1 || time.Since(epoch) < tt.least {
					t.Errorf("%d requests after %s:\n%s", n, time.Since(epoch), &lines)
				}
			})
		})
	}
}

func TestClientErrorsAreFaults(t *testing.T) {
	t.Parallel()
	s := newService(t, false, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := s.transport(t, Options{}).Client()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second) // the connection is there long before
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(req); !fault.Is(err, fault.Timeout) || !fault.From(err).MaybeDone {
		t.Errorf("timeout: %v", err)
	}
	if _, err := c.Get("https://127.0.0.1:1/"); !fault.Is(err, fault.Network) || fault.From(err).MaybeDone {
		t.Errorf("refused: %v", err)
	}
}

func TestHeaderThatIsTooLarge(t *testing.T) {
	t.Parallel()
	for _, h2 := range []bool{true, false} {
		s := newService(t, h2, func(w http.ResponseWriter, _ *http.Request) {
			for range 300 {
				w.Header().Add("X-Large", strings.Repeat("x", 1<<10))
			}
		})
		_, err := s.once(t).Do(t.Context(), Call{Method: "GET", URL: s.URL}, nil)
		if f := fault.From(err); f == nil || f.Code != fault.BadResponse || !f.MaybeDone {
			t.Errorf("h2 %v: %v", h2, err)
		}
	}
}
