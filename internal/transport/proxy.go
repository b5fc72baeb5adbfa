package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"

	"golang.org/x/net/http/httpproxy"
)

type proxyFunc func(*url.URL) (*url.URL, error)

// proxyFrom reads HTTPS_PROXY and NO_PROXY; the lower-case names win, as in curl and
// Go. It returns nil without a proxy. HTTP_PROXY is ignored: only requests to a
// metadata endpoint are made without TLS, and no proxy can reach one. On Azure
// Pipelines the agent's own proxy is used if the environment does not name one.
func proxyFrom(env map[string]string, agent bool) proxyFunc {
	c := httpproxy.Config{
		HTTPSProxy: either(env, "https_proxy", "HTTPS_PROXY"),
		NoProxy:    either(env, "no_proxy", "NO_PROXY"),
	}
	switch {
	case c.HTTPSProxy != "":
		return c.ProxyFunc()
	case agent:
		return agentProxy(env)
	}
	return nil
}

// namesProxy reports whether the environment itself names a proxy.
func namesProxy(env map[string]string) bool { return either(env, "https_proxy", "HTTPS_PROXY") != "" }

// Proxy returns the proxy for an address, without user and password, or "".
func (t *Transport) Proxy(to *url.URL) string {
	if t.proxy == nil {
		return ""
	}
	via, err := t.proxy(to)
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}

// issuerOf returns the issuer of the certificate that a service presented: the
// organization, or else the name.
func issuerOf(state *tls.ConnectionState) string {
	if state == nil || len(state.PeerCertificates) == 0 {
		return ""
	}
	issuer := state.PeerCertificates[0].Issuer
	if len(issuer.Organization) > 0 {
		return issuer.Organization[0]
	}
	return issuer.CommonName
}

// UnreadableProxy reports whether the environment contains a proxy address that
// cannot be parsed. httpproxy would then use no proxy, or treat the scheme as the
// host.
func UnreadableProxy(env map[string]string) bool {
	address := either(env, "https_proxy", "HTTPS_PROXY")
	if address == "" {
		return false
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	return err != nil || u.Hostname() == ""
}

func either(env map[string]string, first, second string) string {
	if v := env[first]; v != "" {
		return v
	}
	return env[second]
}

// isMetadata reports whether a call may be made without TLS: it is marked as one to
// a metadata endpoint, and the address belongs to the machine.
func isMetadata(marked bool, u *url.URL) bool {
	return marked && u.Scheme == "http" && IsMachine(u)
}

// proxyRefused is a proxy's answer to CONNECT that is not a success.
type proxyRefused struct {
	proxy  string // host and port
	status int
	header http.Header
}

func (p *proxyRefused) Error() string {
	return fmt.Sprintf("the proxy %s answered CONNECT with %s", p.proxy, statusText(p.status))
}

// proxyAnswered distinguishes a proxy's refusal from the service's response.
// net/http reports only the status text, as if the connection had failed.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefused{proxy.Host, resp.StatusCode, resp.Header}
}

// refusedByProxy returns the failure of a request that the proxy did not let
// through.
func (t *Transport) refusedByProxy(what string, p *proxyRefused) *failure {
	f := &failure{fault: fault.New(fault.Network, "%s: %w", what, p)}
	f.fault.Hints = []string{t.proxyAdvice(p)}
	if isRetryStatus(p.status) {
		f.again = anyway
		f.fault.RetryAfter, _ = asked(p.header)
	}
	return f
}

func (t *Transport) proxyAdvice(p *proxyRefused) string {
	switch {
	case p.status == http.StatusForbidden:
		return "the administrators of the proxy must allow the host and port; if the host can be reached directly, add it to NO_PROXY"
	case p.status == http.StatusProxyAuthRequired && t.byAgent:
		return "the proxy requires a user name and password: configure the agent with --proxyusername and --proxypassword; azstep supports Basic authentication with proxies, but not NTLM or Kerberos"
	case p.status == http.StatusProxyAuthRequired:
		return "the proxy requires a user name and password: HTTPS_PROXY=http://USER:PASSWORD@" + p.proxy + ", percent-encoded; azstep supports Basic authentication with proxies, but not NTLM or Kerberos"
	case t.byAgent:
		return "ask the administrators of the proxy " + p.proxy + ", which the agent is configured with (AGENT_PROXYURL)"
	}
	return "ask the administrators of the proxy " + p.proxy + ", which HTTPS_PROXY names"
}

// unreachedProxy says what to do about a proxy that does not answer.
func (t *Transport) unreachedProxy() string {
	if t.byAgent {
		return "check AGENT_PROXYURL, the proxy that the agent is configured with; HTTPS_PROXY in the job names another one"
	}
	return "check HTTPS_PROXY, the address of the proxy, and NO_PROXY, the hosts to reach without it"
}

// viaProxy reports whether a connection failed before the proxy answered.
func viaProxy(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "proxyconnect"
}
