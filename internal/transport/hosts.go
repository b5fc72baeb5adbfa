package transport

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// Kind is a kind of credential. It determines which hosts may receive the
// credential.
type Kind int

// The kinds of credentials.
const (
	Secret Kind = iota // client secrets, refresh tokens and assertions, for Entra
	Token              // Entra tokens, PATs and job tokens for Azure DevOps
	IoT                // credentials for IoT Central
)

// microsoft lists Microsoft's hosts for each kind. A name that begins with a dot
// stands for all its subdomains. Sources: Microsoft Entra "National clouds" and
// Azure DevOps "Allowed IP addresses and domain URLs".
func microsoft(k Kind) []string {
	switch k {
	case Secret:
		return []string{"login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn"}
	case Token:
		return []string{"dev.azure.com", "vssps.dev.azure.com", ".visualstudio.com"}
	case IoT:
		return []string{".azureiotcentral.com"}
	}
	return nil
}

// owner names the owner of these hosts in a sentence.
func (k Kind) owner() string {
	return [...]string{Secret: "a Microsoft Entra host", Token: "an Azure DevOps host", IoT: "an IoT Central host"}[k]
}

// Hosts decides where a credential may be sent. The zero value allows the hosts of
// Microsoft's public services and loopback addresses.
type Hosts struct {
	Trusted []string // host or host:port, from the input trusted-hosts; without a port, every port of the host
	// Named is the address in the input authority-host, or nil.
	Named *url.URL
	// CI says that someone other than the user may have put an address into the
	// job's environment: a Secret is sent to a loopback address only if an input
	// names it.
	CI bool
}

// Allow reports whether a credential of the kind may be sent to the URL, which comes
// from the named input or variable. If not, the error is [fault.InvalidInput]. It
// contains the input and the host but no more of the URL, because its user part
// could be a password.
func (h Hosts) Allow(kind Kind, u *url.URL, input string) error {
	switch {
	case u == nil || u.Opaque != "" || u.Hostname() == "":
		return refuse(input, "use a URL such as https://dev.azure.com/fabrikam", "it is not a URL, so azstep did not send the credential")
	case u.Scheme != "https":
		return refuse(input, "use the https URL", "azstep sends credentials only over https, not over %q", u.Scheme)
	case u.User != nil:
		return refuse(input, "remove the user name and password from the URL; pass a credential in the input credential",
			"the URL for %q contains a user name", u.Hostname())
	}
	host, port := lower(u.Hostname()), u.Port()
	switch {
	case !isName(host) && !isIP(host):
		return refuse(input, "write the host in ASCII (an international name as xn--...), without a dot at its end", "%q is not a valid host name", host)
	case isMicrosoft(kind, host) && (port == "" || port == "443"), h.trusts(host, port):
		return nil
	case !isLoopback(host):
		return h.refusal(kind, host, port, input)
	case kind == Secret && h.CI && !h.names(u):
		return refuse(input, "set authority-host, or add the host to trusted-hosts, in the inputs of this step",
			"%s is this machine; in CI, azstep sends a client secret, refresh token or assertion there only if an input names the host", u.Host)
	}
	return nil
}

// names reports whether authority-host has the same host and port.
func (h Hosts) names(u *url.URL) bool {
	return h.Named != nil && lower(h.Named.Hostname()) == lower(u.Hostname()) && orDefault(h.Named.Port()) == orDefault(u.Port())
}

func (h Hosts) refusal(kind Kind, host, port, input string) error {
	if port != "" {
		host = net.JoinHostPort(host, port)
	}
	for _, entry := range h.Trusted {
		if name, _ := split(entry); !isName(name) && !isIP(name) {
			return refuse("trusted-hosts", "trusted-hosts: write names such as tfs.example.com or tfs.example.com:8443, without https://, path or asterisk",
				"%q is not a host name, so azstep did not send the credential to %s", entry, host)
		}
	}
	return refuse(input, "if you trust this host with the credential, add it to the input trusted-hosts: "+host,
		"%s is not %s, so azstep did not send the credential", host, kind.owner())
}

// refuse returns an error about the input, or about no input if the address did not
// come from one.
func refuse(input, hint, format string, args ...any) *fault.Error {
	if input != "" {
		format = input + ": " + format
	}
	return fault.Input(input, hint, format, args...)
}

func isMicrosoft(kind Kind, host string) bool {
	return slices.ContainsFunc(microsoft(kind), func(pattern string) bool {
		if pattern[0] == '.' {
			return strings.HasSuffix(host, pattern) && len(host) > len(pattern)
		}
		return host == pattern
	})
}

// isLoopback compares addresses literally. Other spellings that a resolver would
// accept, such as "127.1" or "::ffff:127.0.0.1", do not count.
func isLoopback(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsLoopback() && !addr.Is4In6() && addr.Zone() == ""
	}
	return isLocalhost(host) // names below it are looked up in DNS, at least by Go
}

func isLocalhost(host string) bool { return lower(host) == "localhost" }

// IsMachine reports whether an address belongs to the machine itself: loopback, or
// link-local, where the metadata endpoints of clouds are.
func IsMachine(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return isLoopback(lower(u.Hostname())) || err == nil && addr.Zone() == "" && addr.IsLinkLocalUnicast()
}

func (h Hosts) trusts(host, port string) bool {
	return slices.ContainsFunc(h.Trusted, func(entry string) bool {
		name, only := split(entry)
		return name == host && (only == "" || only == orDefault(port))
	})
}

func orDefault(port string) string {
	if port == "" {
		return "443"
	}
	return port
}

// split parses an entry of trusted-hosts: host, host:port, address, [address] or
// [address]:port.
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

// lower converts only ASCII letters: in Unicode, the Kelvin sign is a capital K.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// isName reports whether host is a name of plain labels (RFC 1123, plus the
// underscore that some networks use).
func isName(host string) bool {
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return len(host) <= 253
}
