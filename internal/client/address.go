// Package client makes the calls to the services, with one file per API area: PATs,
// teams, pipeline permissions, the lists in which names are looked up, and IoT
// Central.
//
// Every method takes a context and the arguments of the call, and returns a value
// and an error that is a [fault.Error]. Addresses are built only in this package:
// each value from an input becomes one escaped path segment, so that no value can
// change the host or the structure of a request's path.
package client

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

const (
	devAzure      = "dev.azure.com"
	devAzurePATs  = "vssps.dev.azure.com"
	visualStudio  = ".visualstudio.com"
	organizations = "organization: write a name (fabrikam), https://dev.azure.com/fabrikam, https://fabrikam.visualstudio.com, or the collection URL of an Azure DevOps Server"
)

// Organization holds the base URLs of an Azure DevOps organization or collection,
// without a slash at the end.
type Organization struct {
	Base  *url.URL // all APIs except PATs
	PATs  *url.URL // the PAT API
	Cloud bool     // Azure DevOps Services rather than a Server
}

// isOrganization reports whether name is allowed for an organization of Azure DevOps
// Services (naming restrictions of Azure DevOps).
func isOrganization(name string) bool { return pattern.IsLabel(name, 50) }

// ParseOrganization parses the input organization. The error is invalid-input.
func ParseOrganization(value string) (Organization, error) {
	if isOrganization(value) {
		return cloud(devAzure, value, value), nil
	}
	u, err := parseHTTPS(value)
	if !strings.ContainsAny(value, "/:") {
		err = errors.New("an organization's name consists of letters, digits and hyphens, at most 50 characters")
	}
	if err != nil {
		return Organization{}, wrong("organization", value, organizations, err)
	}
	segments := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if err := plain(segments); err != nil {
		return Organization{}, wrong("organization", value, organizations, err)
	}
	return locate(u, segments, value)
}

// locate distinguishes Microsoft's own hosts from other servers.
func locate(u *url.URL, segments []string, value string) (Organization, error) {
	host := strings.ToLower(u.Hostname())
	sub, legacy := strings.CutSuffix(host, visualStudio)
	switch {
	case u.Port() != "" && (legacy || host == devAzure):
		return Organization{}, wrong("organization", value, organizations, fmt.Errorf("the address of %s must not contain a port", host))
	case host == devAzure && len(segments) == 1 && isOrganization(segments[0]):
		return cloud(devAzure, segments[0], segments[0]), nil
	case legacy && isOrganization(sub) && (len(segments) == 0 || len(segments) == 1 && strings.EqualFold(segments[0], "DefaultCollection")):
		return cloud(host, sub), nil
	case host == devAzure || legacy:
		return Organization{}, wrong("organization", value, organizations, fmt.Errorf("the path must be the organization's name"))
	}
	base := join(https(u.Host), segments...)
	return Organization{Base: base, PATs: base}, nil
}

// cloud returns the organization with that name, whose APIs other than PATs are at
// the host and path.
func cloud(host, name string, path ...string) Organization {
	return Organization{Base: join(https(host), path...), PATs: join(https(devAzurePATs), name), Cloud: true}
}

func https(host string) *url.URL { return &url.URL{Scheme: "https", Host: host} }

// parseHTTPS accepts a URL that is only an address: no user, query or fragment.
func parseHTTPS(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is not a URL") // url.Error repeats the value
	case u.Scheme != "https":
		return nil, fmt.Errorf("it must begin with https://")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(value, "#"):
		return nil, fmt.Errorf("it must not contain a user name, a query or a fragment")
	case u.RawPath != "" || strings.ContainsAny(value, "\\"):
		return nil, fmt.Errorf("its path must not contain percent-encoded slashes or backslashes")
	}
	return u, checkHost(u)
}

func checkHost(u *url.URL) error {
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return fmt.Errorf("its port is not valid")
		}
	}
	host := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if len(host) > 253 {
		return fmt.Errorf("its host is too long")
	}
	for part := range strings.SplitSeq(host, ".") {
		if !pattern.IsLabel(part, 63) {
			return fmt.Errorf("its host is not a name or address")
		}
	}
	return nil
}

// plain rejects path segments that a server could interpret as something else.
func plain(segments []string) error {
	for _, s := range segments {
		if s == "." || s == ".." || strings.ContainsFunc(s, isControl) || strings.ContainsAny(s, "%?#;\\") {
			return fmt.Errorf("its path contains characters that are not allowed")
		}
	}
	return nil
}

// CheckSegment rejects a value that cannot be a single path segment: dots that
// servers resolve, control characters, and values longer than any name.
func CheckSegment(input, value string) error {
	if value == "." || value == ".." || len(value) > 1024 || strings.ContainsFunc(value, isControl) {
		return wrong(input, value, input+": give a name or an id", fmt.Errorf("it is not a valid name"))
	}
	return nil
}

func isControl(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 || r == '\uFFFD' || r == '\u2028' || r == '\u2029'
}

// join appends segments to a base URL, each escaped so that it stays one segment.
func join(base *url.URL, segments ...string) *url.URL {
	u := *base
	u.RawPath = base.EscapedPath()
	for _, s := range segments {
		u.Path += "/" + s
		u.RawPath += "/" + url.PathEscape(s)
	}
	return &u
}

// ParseBase parses a base URL that was stored as text.
func ParseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not the address of a service", withoutUser(text))
	}
	return u, nil
}

func wrong(input, value, hint string, why error) error {
	value = withoutUser(value)
	if r := []rune(value); len(r) > 80 {
		value = string(r[:80]) + "…"
	}
	return fault.Input(input, hint, "%s: %q: %w", input, value, why)
}

// withoutUser hides the part before the host of a URL: it may be a PAT, as in the
// address of a clone.
func withoutUser(value string) string {
	at := strings.LastIndexByte(value, '@')
	if at < 0 {
		return value
	}
	scheme, _, ok := strings.Cut(value[:at], "://")
	if ok {
		return scheme + "://***" + value[at:]
	}
	return "***" + value[at:]
}
