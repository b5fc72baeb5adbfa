package transport

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

// connectProxy is a proxy that supports only CONNECT, counts the requests, and
// connects all of them to s.
func connectProxy(t *testing.T, s *service, hits *counter, secure bool) *httptest.Server {
	t.Helper()
	p := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.add()
		if r.Method != http.MethodConnect || r.Header.Get("Authorization") != "" || !strings.HasPrefix(r.Host, "example.com:") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		far, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			return
		}
		defer closeBody(far)
		w.WriteHeader(http.StatusOK)
		near, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer closeBody(near)
		go func() { _, _ = io.Copy(far, bufio.NewReader(rw)); _ = far.Close() }()
		_, _ = io.Copy(near, far)
	}))
	if secure {
		p.TLS = s.TLS.Clone()
		p.TLS.NextProtos = []string{"http/1.1"}
		p.StartTLS()
	} else {
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

// elsewhere returns the URL of s as example.com, because loopback addresses do not
// use the proxy.
func elsewhere(t *testing.T, s *service) string {
	t.Helper()
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://example.com:" + port
}

func toLoopback(ctx context.Context, network, addr string) (net.Conn, error) {
	return dialTCP(ctx, network, strings.Replace(addr, "example.com", "127.0.0.1", 1))
}

func TestProxy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		env    func(proxy string) map[string]string
		secure bool
		want   int
	}{
		"upper case": {env: func(p string) map[string]string { return map[string]string{"HTTPS_PROXY": p} }, want: 1},
		"lower case": {env: func(p string) map[string]string {
			return map[string]string{"https_proxy": p, "HTTPS_PROXY": "http://127.0.0.1:1"}
		}, want: 1},
		"over TLS": {env: func(p string) map[string]string { return map[string]string{"HTTPS_PROXY": p} }, secure: true, want: 1},
		"excepted": {env: func(p string) map[string]string {
			return map[string]string{"HTTPS_PROXY": p, "NO_PROXY": "x.example,example.com"}
		}},
		"HTTP alone": {env: func(string) map[string]string { return map[string]string{"HTTP_PROXY": "http://127.0.0.1:1"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, success)
			var hits counter
			p := connectProxy(t, s, &hits, tt.secure)
			tr := s.transport(t, Options{MaxAttempts: 1, Env: tt.env(p.URL)})
			tr.dial = toLoopback
			tr.Warm(at(elsewhere(t, s)))
			if tr.proxy != nil && len(tr.ahead.conns) != 0 {
				t.Error("a connection bypasses the proxy")
			}
			if _, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at(elsewhere(t, s))}, new(struct{ Name string })); err != nil {
				t.Fatal(err)
			}
			if hits.n != tt.want || s.requests.Load() != 1 || s.conns.Load() != 1 {
				t.Errorf("%d through the proxy, %d requests, %d connections", hits.n, s.requests.Load(), s.conns.Load())
			}
		})
	}
}

func TestProxyThatRefuses(t *testing.T) {
	t.Parallel()
	s := newService(t, success)
	p := httptest.NewServer(answer(407, htmlType, "<html>sign in to the proxy</html>"))
	t.Cleanup(p.Close)
	u, _ := url.Parse(p.URL)
	u.User = url.UserPassword("me", "FAKE-PROXY-PASSWORD")
	tr := s.transport(t, Options{MaxAttempts: 1, Env: map[string]string{"HTTPS_PROXY": u.String()}})
	_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "POST", Once: true, URL: at("https://example.com")}, nil)
	if f := fault.From(err); f.Code != fault.Network || f.MaybeDone || strings.Contains(err.Error(), "FAKE-PROXY") {
		t.Errorf("maybe done %v: %v", f.MaybeDone, err)
	}
}

func TestCloseWithoutUseReadsNoRoots(t *testing.T) {
	t.Parallel()
	tr := New(Options{Env: map[string]string{"HTTPS_PROXY": "http://127.0.0.1:1"}})
	tr.Close()
	if tr.used.Load() {
		t.Error("the net/http transport was built")
	}
}
