package transport

import (
	"crypto/tls"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

type proxyFunc func(*url.URL) (*url.URL, error)

// proxyFrom reads HTTPS_PROXY and NO_PROXY, where the lower case wins, as in
// curl and Go itself. It is nil without a proxy. HTTP_PROXY does not matter:
// no request goes out without TLS but those to a metadata endpoint, which no
// proxy can reach. On Azure Pipelines the agent's own proxy is used where the
// environment names none.
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

// Proxy is the proxy on the way to an address, without user and password, or "".
func (t *Transport) Proxy(address string) string {
	to, err := url.Parse(address)
	if err != nil || t.proxy == nil {
		return ""
	}
	via, err := t.proxy(to)
	if err != nil || via == nil {
		return ""
	}
	return via.Host
}

// issuerOf names who issued the certificate that a service showed: the
// organization, or the name where there is none.
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

// UnreadableProxy reports whether the environment names a proxy by what is no
// address: httpproxy then uses none, or makes a host of the scheme.
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

// metadataHosts are the hosts that are spoken to without TLS: the endpoints
// that give a managed identity its tokens. Azure's virtual machines have
// theirs at a link-local address; App Service, Azure Arc and others name it in
// the environment (Microsoft Entra, "How managed identities work").
func metadataHosts(env map[string]string) map[string]bool {
	hosts := map[string]bool{"169.254.169.254": true}
	for _, name := range []string{"IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT"} {
		if u, err := url.Parse(env[name]); err == nil && u.Host != "" {
			hosts[u.Host] = true
		}
	}
	return hosts
}

func (t *Transport) isMetadata(u *url.URL) bool { return u.Scheme == "http" && t.metadata[u.Host] }
