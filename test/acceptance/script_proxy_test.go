//go:build unix

package acceptance

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy is an HTTP proxy that records the hosts it was asked to connect to. It
// connects only to loopback addresses.
type proxy struct {
	leads    map[string]string // addresses to connect to instead, by host and port
	mu       sync.Mutex
	targets  []string
	statuses []int // statuses with which it refuses the next CONNECTs
}

// proxy [STATUS...] starts a proxy at $PROXY. It answers the first CONNECTs with
// these statuses.
func (w *world) startProxy(ts *testscript.TestScript, _ bool, args []string) {
	w.proxy = &proxy{}
	for _, status := range args {
		w.proxy.statuses = append(w.proxy.statuses, number(ts, status))
	}
	server := httptest.NewServer(w.proxy)
	ts.Defer(server.Close)
	ts.Setenv("PROXY", strings.TrimPrefix(server.URL, "http://"))
}

// proxied HOST:PORT... checks which hosts the proxy was asked for since the last
// check, in any order.
func (w *world) proxied(ts *testscript.TestScript, _ bool, args []string) {
	w.proxy.mu.Lock()
	defer w.proxy.mu.Unlock()
	got := slices.Compact(slices.Sorted(slices.Values(w.proxy.targets)))
	if !slices.Equal(got, slices.Sorted(slices.Values(args))) {
		ts.Fatalf("proxied: %q", got)
	}
	w.proxy.targets = nil
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.targets = append(p.targets, r.Host)
	refused := 0
	if len(p.statuses) > 0 {
		refused, p.statuses = p.statuses[0], p.statuses[1:]
	}
	p.mu.Unlock()
	if refused != 0 {
		http.Error(w, "not now", refused)
		return
	}
	target := r.Host
	if address, ok := p.leads[target]; ok {
		target = address
	}
	host, _, _ := net.SplitHostPort(target)
	if r.Method != http.MethodConnect || host != "127.0.0.1" {
		http.Error(w, "not here", http.StatusForbidden)
		return
	}
	there, err := net.Dial("tcp", target)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	here, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
	go func() { _, _ = io.Copy(here, there); _ = here.Close() }()
}
