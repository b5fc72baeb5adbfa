// Package transport is the only way to the network. It sends requests to the
// services and returns decoded responses, or one *[fault.Error] that says what
// happened.
//
// It handles each stage of a request in a file of its own (call, retry, throttle,
// authorize, send, answer), opens connections ahead of their first request, limits
// what it reads from a server, and knows the hosts that may receive a credential
// ([Hosts]). [Caller] makes one call; [List] reads a long response element by
// element.
//
// It follows no redirect, uses only HTTPS, prints nothing, reads only the
// environment that it is given, and knows no API: paths, bodies and the meaning of a
// refusal belong to the packages that call it.
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

// Options configure a [Transport]; the zero value is usable.
type Options struct {
	// Env is the process environment. HTTPS_PROXY and NO_PROXY, or their lower-case
	// names, are read from it.
	Env map[string]string
	// Agent says that the agent of Azure Pipelines runs this process, so that its
	// proxy is used if Env does not name one.
	Agent bool
	// Trust verifies servers; nil means the system's root certificates.
	Trust *trust.Roots
	// Untrusted lists environment variables that would name root certificates or an
	// authority but are ignored. A TLS failure mentions them.
	Untrusted []string
	// MaxAttempts is how often a request that is safe to repeat is tried; 0 means 4.
	MaxAttempts int
	// Log gets one line for each wait. It is called from several goroutines.
	Log func(format string, args ...any)
	// Debug, if not nil, gets one line for each request. It is called from several
	// goroutines.
	Debug func(format string, args ...any)
	// Dial opens connections; nil means TCP.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// UserAgent is sent with every request that does not set its own.
	UserAgent string
}

const defaultAttempts = 4

// Transport holds what all requests of a run share: root certificates, connections,
// the proxy, and what the services said about their load. It is safe for concurrent
// use. Close it when the run ends.
type Transport struct {
	base     func() *http.Transport // built on first use
	used     atomic.Bool            // base was called
	roots    *trust.Roots
	dial     dialFunc
	proxy    proxyFunc // nil: connect directly
	byAgent  bool      // the proxy is the one of the agent of Azure Pipelines
	ahead    ahead
	throttle throttle
	attempts int
	log      func(format string, args ...any)
	debug    func(format string, args ...any)
	agent    string

	untrusted []string
}

// New returns a Transport. It opens no connection and reads no root certificates
// before the first request.
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

// Timeouts for a peer that does not respond. The services delay throttled requests
// by up to 30 seconds (Azure DevOps, rate limits), so responses get twice that.
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
		// Only net/http itself can start TLS on a connection through a proxy.
		h.Proxy = func(r *http.Request) (*url.URL, error) { return t.proxy(r.URL) }
		h.OnProxyConnectResponse = proxyAnswered
		h.DialTLSContext = nil
		h.TLSClientConfig = tlsConfig()
		h.TLSClientConfig.RootCAs = t.roots.Pool()
	}
	return h
}

// RoundTrip sends one request, once, follows no redirect and reads at most 8 MiB of
// the response. If the connection fails, the error is a *[fault.Error]: network,
// tls, timeout or cancelled.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, sent := watch(r.Context())
	resp, err := t.roundTrip(r.WithContext(ctx), false)
	if err != nil {
		return nil, t.unreached(ctx, describe(r), err, sent.Load(), formsOfHeader(r.Header.Get("Authorization"))).fault
	}
	resp.Body = capped(resp.Body, maxObject)
	return resp, nil
}

// Client returns an HTTP client on this Transport for libraries that need one. It
// returns redirects as responses and does not retry.
func (t *Transport) Client() *http.Client {
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// Close closes connections that are idle or were never used.
func (t *Transport) Close() {
	t.ahead.close()
	if t.used.Load() {
		t.base().CloseIdleConnections()
	}
}

// roundTrip sends every request of the process. metadata marks a call to a metadata
// endpoint.
func (t *Transport) roundTrip(r *http.Request, metadata bool) (*http.Response, error) {
	if r.URL.Scheme != "https" && !isMetadata(metadata, r.URL) {
		closeBody(r.Body)
		return nil, fault.New(fault.InvalidInput, "only https is supported")
	}
	t.used.Store(true)
	return t.sent(t.prepared(r))
}

// prepared returns the request as it is sent.
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

// sent sends the request and, if debug logging is on, logs the result.
func (t *Transport) sent(r *http.Request) (*http.Response, error) {
	if t.debug == nil {
		return t.base().RoundTrip(r)
	}
	start := time.Now()
	resp, err := t.base().RoundTrip(r)
	t.trace(r, resp, time.Since(start).Round(time.Millisecond))
	return resp, err
}

// trace logs the result of a request. The service's support asks for the id, also
// for a request that succeeded. The error says why there was no response.
func (t *Transport) trace(r *http.Request, resp *http.Response, took time.Duration) {
	if resp == nil {
		t.debug("%s: no response after %s", describe(r), took)
		return
	}
	id := cmp.Or(requestID(resp.Header, formsOfHeader(r.Header.Get("Authorization"))), "none")
	t.debug("%s: HTTP %d after %s, request id %s", describe(r), resp.StatusCode, took, id)
}

// nothing is an empty body that net/http does not recognize as empty. For a body
// that it does recognize, net/http silently repeats a GET if a reused connection
// breaks; but counting, delaying and logging retries is the job of retry.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }
func (nothing) Close() error             { return nil }

func closeBody(b io.Closer) {
	if b != nil {
		_ = b.Close()
	}
}
