package transport

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/azstep/azstep/internal/trust"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const fakePAT = "FAKE-PAT-0001-not-a-real-token"

func bearer(context.Context) (string, error) { return "Bearer " + fakePAT, nil }

// service is a TLS server on a loopback port that counts its requests and
// connections. Like Microsoft's servers, it also supports HTTP/2.
type service struct {
	*httptest.Server
	requests, conns atomic.Int32
}

func newService(t testing.TB, h http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewUnstartedServer(s.counting(h))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.conns.Add(1)
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) counting(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		h(w, r)
	})
}

func (s *service) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// transport returns a Transport that trusts the service. It is closed before the
// service is.
func (s *service) transport(t *testing.T, o Options) *Transport {
	t.Helper()
	o.Trust = trusting(t, s.ca())
	tr := New(o)
	t.Cleanup(tr.Close)
	return tr
}

// trusting returns roots with one more certificate.
func trusting(t testing.TB, ca []byte) *trust.Roots {
	t.Helper()
	roots, err := trust.New(trust.Options{CAs: ca})
	if err != nil {
		t.Fatal(err)
	}
	return roots
}

// at returns the URL, or nil if the text is not one.
func at(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	return u
}

// once returns a Caller that makes only one attempt.
func (s *service) once(t *testing.T) *Caller {
	return NewCaller(s.transport(t, Options{MaxAttempts: 1}), bearer)
}

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
	case <-n.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pipes returns a service on its own network, with a Transport that dials it as
// example.com, the name in the test certificate.
func pipes(t *testing.T, o Options, h http.HandlerFunc) (*service, *Transport) {
	t.Helper()
	n := &network{conns: make(chan net.Conn), done: make(chan struct{})}
	s := &service{}
	s.Server = httptest.NewUnstartedServer(s.counting(h))
	_ = s.Listener.Close()
	s.Listener = n
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	tr := s.transport(t, o)
	tr.dial = n.dial
	return s, tr
}

// logbook records log lines.
type logbook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logbook) log(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

func answer(status int, kind, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		} else {
			w.Header()["Content-Type"] = nil
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
