package client

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

const applications = "application: give the application's subdomain (my-app in https://my-app.azureiotcentral.com), its host or its URL, not its display name or resource id"

// Application holds the base URL of an IoT Central application, without a slash at
// the end.
type Application struct {
	Base  *url.URL
	Input string // the input that determines the host
}

// ParseApplication parses the inputs application (a subdomain, a host or a URL) and
// base-domain, which is appended to a subdomain. The error is invalid-input.
func ParseApplication(value, baseDomain string) (Application, error) {
	switch {
	case pattern.IsLabel(value, 63):
		base, err := parseHTTPS("https://" + strings.ToLower(value) + "." + strings.ToLower(baseDomain))
		if err != nil || base.Port() != "" || base.Path != "" {
			return Application{}, wrong("base-domain", baseDomain, "base-domain: give a domain such as azureiotcentral.com", fmt.Errorf("it is not a domain"))
		}
		return Application{base, "base-domain"}, nil
	case !strings.Contains(value, "://"):
		value = "https://" + value
	}
	u, err := parseHTTPS(value)
	if err != nil {
		return Application{}, wrong("application", value, applications, err)
	}
	if u.Path != "" && u.Path != "/" {
		return Application{}, wrong("application", value, applications, fmt.Errorf("it has a path"))
	}
	return Application{https(strings.ToLower(u.Host)), "application"}, nil
}
