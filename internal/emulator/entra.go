package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// entraRoutes are the endpoints of Microsoft Entra: discovery and tokens.
func entraRoutes() []route {
	entra := func(method, path string, h handler) route {
		return route{area: entraArea{}, method: method, pattern: "/{tenant}/" + path, handle: h}
	}
	return []route{
		entra(http.MethodGet, "v2.0/.well-known/openid-configuration", openIDConfiguration),
		entra(http.MethodGet, "discovery/v2.0/keys", emptyKeySet),
		entra(http.MethodGet, "discovery/instance", instanceDiscovery),
		entra(http.MethodGet, "oauth2/v2.0/authorize", authorizePage),
		entra(http.MethodPost, "oauth2/v2.0/authorize", decide),
		entra(http.MethodPost, "oauth2/v2.0/token", issueToken),
		entra(http.MethodPost, "oauth2/v2.0/devicecode", startDevice),
	}
}

// entraArea is a tenant of Entra. The handlers check the caller.
type entraArea struct{}

func (entraArea) enter(c *call) *reply {
	name := c.param("tenant")
	c.tenant = c.findTenant(name)
	if c.tenant == nil && !isDirectoryAlias(name) {
		return ended(c.aadsts(unknownTenant(name)))
	}
	if c.tenant == nil {
		c.tenant = c.tenants[0] // the alias stands for the user's own tenant
	}
	c.form = formOf(c.body)
	c.takeBasicClient()
	return nil
}

// takeBasicClient moves client id and secret from the Authorization header
// (client_secret_basic, both parts form-encoded) to the form, where the handlers
// look.
func (c *call) takeBasicClient() {
	id, secret, ok := c.request.BasicAuth()
	if !ok || c.form.Has("client_id") {
		return
	}
	for name, encoded := range map[string]string{"client_id": id, "client_secret": secret} {
		if plain, err := url.QueryUnescape(encoded); err == nil && plain != "" {
			c.form.Set(name, plain)
		}
	}
}

// formOf decodes a form. A form that cannot be decoded is empty.
func formOf(body []byte) url.Values {
	form, _ := url.ParseQuery(string(body))
	return form
}

func (entraArea) finish(c *call, r *reply) {
	r.header.Set("x-ms-request-id", c.id)
	r.header.Set("Cache-Control", "no-store, no-cache")
	if id := c.header("client-request-id"); id != "" {
		r.header.Set("client-request-id", id)
	}
}

// isDirectoryAlias reports whether a name stands for the tenant of the user who
// signs in.
func isDirectoryAlias(name string) bool {
	return strings.EqualFold(name, "organizations") || strings.EqualFold(name, "common")
}

// openIDConfiguration is the first request of every MSAL client. The issuer must
// have the authority's host.
func openIDConfiguration(c *call) reply {
	base := c.server.url + "/" + c.tenant.ID
	return jsonReply(http.StatusOK, map[string]any{
		"issuer":                                base + "/v2.0",
		"token_endpoint":                        base + "/oauth2/v2.0/token",
		"authorization_endpoint":                base + "/oauth2/v2.0/authorize",
		"device_authorization_endpoint":         base + "/oauth2/v2.0/devicecode",
		"jwks_uri":                              base + "/discovery/v2.0/keys",
		"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		"response_modes_supported":              []string{"query", "fragment", "form_post"},
		"response_types_supported":              []string{"code", "id_token"},
		"scopes_supported":                      []string{"openid", "profile", "email", "offline_access"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"tenant_region_scope":                   "EU",
		"cloud_instance_name":                   "localhost",
	})
}

// emptyKeySet has no keys: tokens are signed with a secret that only the emulator
// knows, and clients do not need to verify them.
func emptyKeySet(*call) reply {
	return jsonReply(http.StatusOK, map[string]any{"keys": []string{}})
}

// instanceDiscovery says that this host is the only authority of its cloud.
func instanceDiscovery(c *call) reply {
	host := strings.TrimPrefix(c.server.url, "https://")
	return jsonReply(http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": c.server.url + "/" + c.tenant.ID + "/v2.0/.well-known/openid-configuration",
		"api-version":               "1.1",
		"metadata": []map[string]any{{
			"preferred_network": host, "preferred_cache": host, "aliases": []string{host},
		}},
	})
}

// resource is an API that tokens can be issued for.
type resource struct {
	name     string // as in the seed
	audience string // aud of its tokens
	ids      []string
}

// resources lists the APIs that the emulator's tenants know, and how a scope names
// them.
func resources() []resource {
	return []resource{
		{"azure-devops", AzureDevOps, []string{AzureDevOps, "https://app.vssps.visualstudio.com"}},
		{"iot-central", IoTCentral, []string{IoTCentral, "9edfcdd9-0bc5-4bd4-b287-c3afc716aac7"}},
	}
}

// requestedScopes splits the parameter scope into one resource and the names of its
// permissions. The OpenID Connect scopes, which MSAL always adds, do not name a
// resource.
func requestedScopes(t *tenant, scope string) (found resource, names []string, problem *aadsts) {
	for _, scope := range fields(scope) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, scope) {
			continue
		}
		r, name, ok := splitScope(scope)
		switch {
		case !ok && !strings.Contains(scope, "/"):
			return found, nil, ref(graphScope(scope))
		case !ok:
			return found, nil, ref(unknownResource(scope, t.Domain))
		case found.name != "" && found.name != r.name:
			return found, nil, ref(twoResources(scope))
		}
		found, names = r, append(names, name)
	}
	if len(names) == 0 {
		return found, nil, ref(missingParameter("scope"))
	}
	return found, names, nil
}

// splitScope cuts "https://host/path/permission" before the permission. If the
// identifier of the resource ends with a slash, there are two slashes.
func splitScope(scope string) (resource, string, bool) {
	cut := strings.LastIndexByte(scope, '/')
	if cut < 0 {
		return resource{}, "", false
	}
	id := strings.ToLower(strings.TrimSuffix(scope[:cut], "/"))
	for _, r := range resources() {
		if slices.Contains(r.ids, id) {
			return r, scope[cut+1:], true
		}
	}
	return resource{}, "", false
}

// EntraPolicy is what a tenant's administrators enabled. The zero value refuses
// nobody.
type EntraPolicy struct {
	ConditionalAccess bool `json:"conditionalAccess" yaml:"conditionalAccess"` // AADSTS53003, also for applications
	RequireMFA        bool `json:"requireMFA" yaml:"requireMFA"`               // AADSTS50076
	WithdrawConsent   bool `json:"withdrawConsent" yaml:"withdrawConsent"`     // AADSTS65001
	DisableUsers      bool `json:"disableUsers" yaml:"disableUsers"`           // AADSTS50057
	RevokeSessions    bool `json:"revokeSessions" yaml:"revokeSessions"`       // AADSTS50173, for every refresh token
	SignInFrequency   bool `json:"signInFrequency" yaml:"signInFrequency"`     // AADSTS70043, for every refresh token
	BlockDeviceCode   bool `json:"blockDeviceCode" yaml:"blockDeviceCode"`     // AADSTS530033, only for the device code flow
	// DevicePolls is how often a client of the device code flow is told to wait
	// before the code is approved automatically; with -1, the code waits for
	// [Server.ApproveDevice].
	DevicePolls int `json:"devicePolls" yaml:"devicePolls"`
}

// SetEntraPolicy changes what a tenant (id or domain) refuses.
func (s *Server) SetEntraPolicy(tenant string, p EntraPolicy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setEntraPolicy(tenant, p)
}

func (st *state) setEntraPolicy(tenant string, p EntraPolicy) error {
	t := st.findTenant(tenant)
	if t == nil {
		return fmt.Errorf("tenant %q is not in the seed", tenant)
	}
	t.Policy = p
	return nil
}

// refusesApplications returns why an application gets no token, or nil.
func (p EntraPolicy) refusesApplications() *aadsts {
	if p.ConditionalAccess {
		return ref(blockedByConditionalAccess())
	}
	return nil
}

// refusesUsers returns why a user gets no token, or nil.
func (p EntraPolicy) refusesUsers(app *application, r resource) *aadsts {
	switch {
	case p.DisableUsers:
		return ref(disabledUser())
	case p.WithdrawConsent:
		return ref(noConsent(app))
	case p.RequireMFA:
		return ref(needsMFA(r.audience))
	case p.ConditionalAccess:
		return ref(blockedByConditionalAccess())
	}
	return nil
}

// refusesSessions returns why a valid refresh token is refused, or nil.
func (p EntraPolicy) refusesSessions() *aadsts {
	switch {
	case p.RevokeSessions:
		return ref(revokedSession())
	case p.SignInFrequency:
		return ref(tooOldSignIn())
	}
	return nil
}
