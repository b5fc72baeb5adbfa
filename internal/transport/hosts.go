package transport

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// Kind is a kind of credential: it decides which hosts may be sent one.
type Kind int

// The kinds of credential.
const (
	Secret   Kind = iota // client secrets, refresh tokens, assertions: the Entra authorities
	Token                // Entra tokens and PATs for Azure DevOps
	IoT                  // credentials for IoT Central
	JobToken             // SYSTEM_ACCESSTOKEN: as Token, and the host of the collection
)

// microsoft are the hosts of each kind. A name that begins with a dot stands
// for whatever has it as an ending after at least one label. Sources: Microsoft
// Entra "National clouds" and Azure DevOps "Allowed IP addresses and domain URLs".
func microsoft(k Kind) []string {
	switch k {
	case Secret:
		return []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
	case Token, JobToken:
		return []string{"dev.azure.com", "vssps.dev.azure.com", ".visualstudio.com"}
	case IoT:
		return []string{".azureiotcentral.com"}
	}
	return nil
}

// Hosts says where a credential may go. The zero value knows the hosts of
// Microsoft's public services and loopback addresses.
type Hosts struct {
	Trusted    []string // host or host:port, of the input trusted-hosts; without a port, every port of the host
	Collection string   // SYSTEM_COLLECTIONURI; its host and port may have a JobToken
}

// Allow reports whether a credential of the kind may be sent to the URL. If
// not, the error is [fault.InvalidInput] and names the host, but no more of
// the URL: its user part could be a password.
func (h Hosts) Allow(kind Kind, rawURL string) error {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil || u.Opaque != "":
		return refuse("give a URL such as https://dev.azure.com/fabrikam", "this is not a URL that a credential can be sent to")
	case u.Scheme != "https":
		return refuse("give the https URL", "a credential is sent over https only, not over %q", u.Scheme)
	case u.User != nil:
		return refuse("take the user name and password out of the URL; a credential belongs into the input credential",
			"the URL for %q holds a user name", u.Hostname())
	}
	host, port := lower(u.Hostname()), u.Port()
	if !isName(host) && !isIP(host) {
		return refuse("write the host in ASCII (an international name as xn--...), without a dot at its end", "%q is not the plain name of a host", host)
	}
	if isMicrosoft(kind, host) && (port == "" || port == "443") || isLoopback(host) || h.trusts(host, port) || kind == JobToken && h.isCollection(host, port) {
		return nil
	}
	return h.refusal(host, port)
}

func (h Hosts) refusal(host, port string) error {
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	for _, entry := range h.Trusted {
		if name, _ := split(entry); !isName(name) && !isIP(name) {
			e := refuse("trusted-hosts takes names such as tfs.example.com or tfs.example.com:8443: no URL, no path, no asterisk",
				"no credential is sent to %s, and %q in trusted-hosts is not the name of a host", host, entry)
			e.Input = "trusted-hosts"
			return e
		}
	}
	return refuse("if this host is meant to get the credential, name it in the input trusted-hosts: "+host,
		"no credential is sent to %s: it is none of the hosts of this service", host)
}

func refuse(hint, format string, args ...any) *fault.Error {
	return fault.New(fault.InvalidInput, format, args...).With(hint)
}

func isMicrosoft(kind Kind, host string) bool {
	return slices.ContainsFunc(microsoft(kind), func(pattern string) bool {
		if pattern[0] == '.' {
			return strings.HasSuffix(host, pattern) && len(host) > len(pattern)
		}
		return host == pattern
	})
}

// isLoopback takes addresses literally: whatever else a resolver makes of
// "127.1" or "::ffff:127.0.0.1" is not in the list.
func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == ""
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761, section 6.3
}

func (h Hosts) trusts(host, port string) bool {
	return slices.ContainsFunc(h.Trusted, func(entry string) bool {
		name, only := split(entry)
		return name == host && (only == "" || only == orDefault(port))
	})
}

func (h Hosts) isCollection(host, port string) bool {
	u, err := url.Parse(h.Collection)
	return err == nil && u.Scheme == "https" && strings.EqualFold(u.Hostname(), host) && orDefault(u.Port()) == orDefault(port)
}

func orDefault(port string) string {
	if port == "" {
		return "443"
	}
	return port
}

// split takes an entry of trusted-hosts apart: host, host:port, address,
// [address] or [address]:port.
func split(entry string) (name, port string) {
	entry = lower(strings.TrimSpace(entry))
	if isIP(entry) {
		return entry, ""
	}
	if inner, ok := strings.CutPrefix(entry, "["); ok && strings.HasSuffix(inner, "]") {
		return strings.TrimSuffix(inner, "]"), ""
	}
	if host, port, err := net.SplitHostPort(entry); err == nil && port != "" && strings.Trim(port, "0123456789") == "" {
		return host, port
	}
	return entry, ""
}

func isIP(host string) bool {
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Zone() == ""
}

// lower changes ASCII letters alone: to Unicode the Kelvin sign is a capital K.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// isName reports whether host is a name of plain labels (RFC 1123, and the
// underscore that some networks use).
func isName(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(host) <= 253
}
