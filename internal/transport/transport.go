// Package transport is the one road to the network. It carries requests to the
// services and brings back answers that were understood, or one *[fault.Error] that
// says what happened.
//
// It holds the way of a request with a file for each part (call, retry, gate,
// authorize, send, answer), connections that are opened ahead of their first
// request, the caps on whatever a server sends, and the list of hosts that may be
// sent a credential ([Hosts]). [Caller] makes one call, [List] reads a long answer
// element by element.
//
// It follows no redirect, speaks HTTPS only, prints nothing, reads no
// environment but the one it is given, and knows no API: paths, bodies and what a
// refusal means belong to the packages that call it.
package transport

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/trust"
)

// Options are the settings of a [Transport]; the zero value is usable.
type Options struct {
	// Env is the process's environment. HTTPS_PROXY and NO_PROXY, or the same in
	// lower case, are read from it.
	Env map[string]string
	// Agent says that the agent of Azure Pipelines runs this process, so that its
	// proxy is used where Env names none.
	Agent bool
	// Trust is what servers are verified against; nil is the system's roots.
	Trust *trust.Roots
	// Untrusted are variables of the environment that would name roots or an
	// authority, and do not count: a TLS failure says so.
	Untrusted []string
	// MaxAttempts is how often a request that may be repeated is tried; 0 is 4.
	MaxAttempts int
	// Log gets one line for each wait. It is called from several goroutines.
	Log func(format string, args ...any)
	// Debug, if not nil, gets one line for each request, in the same way.
	Debug func(format string, args ...any)
	// Dial opens connections; nil is TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// UserAgent goes with every request that has none of its own.
	UserAgent string
}

const defaultAttempts = 4

// Transport is what all requests of a run share: roots, connections, the
// proxy, and what the services said about their load. It is safe for use by
// several goroutines. Close it when the run ends.
type Transport struct {
	base     func() *http.Transport // built on first use
	used     atomic.Bool            // base was called
	roots    *trust.Roots
	dial     dialFunc
	proxy    proxyFunc // nil: connect directly
	byAgent  bool      // the proxy is the one of the agent of Azure Pipelines
	ahead    ahead
	gate     gate
	attempts int
	log      func(format string, args ...any)
	debug    func(format string, args ...any)
	agent    string

	untrusted []string
}

// New returns a Transport. Nothing is dialled and no root certificate of the system
// is read before the first connection.
func New(o Options) *Transport {
	t := &Transport{
		roots:    o.Trust,
		dial:     o.Dial,
		proxy:    proxyFrom(o.Env, o.Agent),
		byAgent:  !namesProxy(o.Env),
		ahead:    ahead{conns: map[string]*early{}},
		attempts: o.MaxAttempts,
		log:      o.Log,
		debug:    o.Debug,
		agent:    o.UserAgent,

		untrusted: o.Untrusted,
	}
	t.base = sync.OnceValue(t.build)
	if t.roots == nil {
		t.roots = trust.System()
	}
	if t.dial == nil {
		t.dial = dialTCP
	}
	if t.attempts <= 0 {
		t.attempts = defaultAttempts
	}
	if t.log == nil {
		t.log = func(string, ...any) {}
	}
	return t
}

// How long a peer may be silent. The services hold back throttled requests for
// up to 30 seconds (Azure DevOps, rate limits), so answers get twice that.
const (
	handshakeTimeout = 15 * time.Second
	answerTimeout    = 60 * time.Second
	idleTimeout      = 90 * time.Second
	maxIdlePerHost   = 256 // one for each request at once, of which there are at most as many
)

func (t *Transport) build() *http.Transport {
	h := &http.Transport{
		TLSHandshakeTimeout:    handshakeTimeout,
		ResponseHeaderTimeout:  answerTimeout,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConnsPerHost:    maxIdlePerHost,
		MaxResponseHeaderBytes: maxHeader,
		DialContext:            t.dial,
		DialTLSContext:         t.dialTLS,
	}
	if t.proxy != nil {
		// Only net/http itself can put TLS on a connection through a proxy.
		h.Proxy = func(r *http.Request) (*url.URL, error) { return t.proxy(r.URL) }
		h.OnProxyConnectResponse = proxyAnswered
		h.DialTLSContext = nil
		h.TLSClientConfig = tlsConfig()
		h.TLSClientConfig.RootCAs = t.roots.Pool()
	}
	return h
}

// RoundTrip sends one request, once, follows no redirect and reads at most 8 MiB
// of the answer. A connection that fails is a *[fault.Error]: network, tls, timeout
// or cancelled.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, sent := watch(r.Context())
	resp, err := t.roundTrip(r.WithContext(ctx), false)
	if err != nil {
		return nil, t.unreached(ctx, describe(r), err, sent.Load(), formsOfHeader(r.Header.Get("Authorization"))).fault
	}
	resp.Body = capped(resp.Body, maxObject)
	return resp, nil
}

// Client is a client over this Transport for libraries that want one. It
// hands redirects over as answers and retries nothing.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// Close closes the connections that are idle or were opened for nothing.
func (t *Transport) Close() {
	t.ahead.close()
	if t.used.Load() {
		t.base().CloseIdleConnections()
	}
}

// roundTrip is the one way out of the process. metadata marks a call to a metadata
// endpoint.
func (t *Transport) roundTrip(r *http.Request, metadata bool) (*http.Response, error) {
	if r.URL.Scheme != "https" && !isMetadata(metadata, r.URL) {
		closeBody(r.Body)
		return nil, fault.New(fault.InvalidInput, "only https is spoken")
	}
	t.used.Store(true)
	return t.sent(t.prepared(r))
}

// prepared is the request as it is sent.
func (t *Transport) prepared(r *http.Request) *http.Request {
	r = r.Clone(r.Context()) // a RoundTripper must not change its request
	if r.Header.Get("User-Agent") == "" && t.agent != "" {
		r.Header.Set("User-Agent", t.agent)
	}
	if r.Method == http.MethodGet && (r.Body == nil || r.Body == http.NoBody) {
		r.Body = nothing{}
	}
	return r
}

// sent sends the request and, where somebody asked, says what became of it.
func (t *Transport) sent(r *http.Request) (*http.Response, error) {
	if t.debug == nil {
		return t.base().RoundTrip(r)
	}
	start := time.Now()
	resp, err := t.base().RoundTrip(r)
	t.trace(r, resp, time.Since(start).Round(time.Millisecond))
	return resp, err
}

// trace says what became of a request: the id is what the service's support asks
// for, also of a request that went well. Why there was no answer is the error's.
func (t *Transport) trace(r *http.Request, resp *http.Response, took time.Duration) {
	if resp == nil {
		t.debug("%s: no answer after %s", describe(r), took)
		return
	}
	id := cmp.Or(requestID(resp.Header, formsOfHeader(r.Header.Get("Authorization"))), "none")
	t.debug("%s: HTTP %d after %s, request id %s", describe(r), resp.StatusCode, took, id)
}

// nothing is an empty body that net/http does not know to be one. It repeats a GET
// without a word where a connection breaks that was used before; what is repeated
// is for retry to count, to wait for and to say.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
func (nothing) Close() error             { return nil }

func closeBody(b io.Closer) {
	if b != nil {
		_ = b.Close()
	}
}
