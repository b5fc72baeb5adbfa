package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// managedIdentity is what the two metadata endpoints of Azure's machines know.
type managedIdentity struct {
	Header      string // IDENTITY_HEADER
	Application string // whose tokens are given, by name
}

const appServicePath = "/_msi/token"

// managedRoutes is the metadata service in its two shapes: that of virtual
// machines (IMDS; over HTTP at an address of its own in Azure) and that of App
// Service and Functions, whose address is in IDENTITY_ENDPOINT
// (learn.microsoft.com, how-to-use-vm-token and overview-managed-identity).
func managedRoutes() []route {
	return []route{
		{area: openArea{}, method: http.MethodGet, pattern: "/metadata/identity/oauth2/token", handle: imdsToken},
		{area: openArea{}, method: http.MethodGet, pattern: appServicePath, handle: appServiceToken},
	}
}

func imdsToken(c *call) reply {
	if !strings.EqualFold(c.header("Metadata"), "true") {
		return managedRefusal(http.StatusBadRequest, "invalid_request", "Required metadata header not specified")
	}
	return c.managedToken()
}

func appServiceToken(c *call) reply {
	if c.managed.Header == "" || c.header("X-IDENTITY-HEADER") != c.managed.Header {
		return managedRefusal(http.StatusUnauthorized, "unauthorized", "The X-IDENTITY-HEADER is missing or wrong")
	}
	return c.managedToken()
}

func (c *call) managedToken() reply {
	t, app := c.application(c.managed.Application)
	if id := cmp.Or(c.query.Get("client_id"), app.ID); id != app.ID {
		return managedRefusal(http.StatusBadRequest, "invalid_request", "Identity not found")
	}
	asked := strings.TrimSuffix(c.query.Get("resource"), "/")
	i := slices.IndexFunc(resources(), func(r resource) bool { return slices.Contains(r.ids, asked) })
	if i < 0 || !slices.Contains(app.Resources, resources()[i].name) {
		return managedRefusal(http.StatusBadRequest, "invalid_resource", "AADSTS500011: "+unknownResource(asked, t.Domain).text)
	}
	until := c.now.Add(accessTokenLife)
	return jsonReply(http.StatusOK, map[string]string{ // numbers are texts here
		"access_token": sign(c.server.keys.entra, appClaims(t, app, resources()[i].audience, c.now)),
		"client_id":    app.ID, "resource": asked, "token_type": "Bearer",
		"expires_in": strconv.Itoa(seconds(accessTokenLife)), "expires_on": strconv.FormatInt(until.Unix(), 10),
		"not_before": strconv.FormatInt(c.now.Unix(), 10),
	})
}

func managedRefusal(status int, code, text string) reply {
	return jsonReply(status, map[string]string{"error": code, "error_description": text})
}

// ManagedIdentityEnv is what a program on App Service has in its environment,
// as NAME=value.
func (s *Server) ManagedIdentityEnv() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []string{"IDENTITY_ENDPOINT=" + s.url + appServicePath, "IDENTITY_HEADER=" + s.st.managed.Header}
}
