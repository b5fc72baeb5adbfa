package client

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

const applications = "application: the application's URL name (my-app of https://my-app.azureiotcentral.com), its host or its URL; not its display name or resource id"

// ParseApplication reads the inputs application (a subdomain, a host or a URL)
// and base-domain, which a bare subdomain is put before, and returns the base
// URL of an IoT Central application, without a slash at its end. The error is
// invalid-input.
func ParseApplication(value, baseDomain string) (string, error) {
	switch {
	case pattern.IsLabel(value, 63):
		base := "https://" + strings.ToLower(value) + "." + strings.ToLower(baseDomain)
		if u, err := parseHTTPS(base); err != nil || u.Port() != "" || u.Path != "" {
			return "", wrong("base-domain", baseDomain, "base-domain: a domain such as azureiotcentral.com", fmt.Errorf("it is not a domain"))
		}
		return base, nil
	case !strings.Contains(value, "://"):
		value = "https://" + value
	}
	u, err := parseHTTPS(value)
	if err != nil {
		return "", wrong("application", value, applications, err)
	}
	if u.Path != "" && u.Path != "/" {
		return "", wrong("application", value, applications, fmt.Errorf("it has a path"))
	}
	return (&url.URL{Scheme: "https", Host: strings.ToLower(u.Host)}).String(), nil
}
