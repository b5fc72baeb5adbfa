package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// assertionType is RFC 7523's name for a JWT in place of a secret.
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// deviceGrantType is RFC 8628's name for a poll.
	deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"
	// shortDeviceGrantType is how MSAL for Go writes it, and Entra understands.
	shortDeviceGrantType = "device_code"
)

// issueToken is the token endpoint.
func issueToken(c *call) reply {
	app, problem := c.client()
	if problem != nil {
		return c.aadsts(*problem)
	}
	switch grant := c.form.Get("grant_type"); grant {
	case "":
		return c.aadsts(missingParameter("grant_type"))
	case "client_credentials":
		return c.clientCredentials(app)
	case "refresh_token":
		return c.refreshGrant(app)
	case "authorization_code":
		return c.codeGrant(app)
	case deviceGrantType, shortDeviceGrantType:
		return c.deviceGrant(app)
	default:
		return c.aadsts(unsupportedGrant(grant))
	}
}

// client is the application that asks, once it has proved to be it.
func (c *call) client() (*application, *aadsts) {
	app, problem := c.findClient()
	if problem != nil {
		return nil, problem
	}
	return app, c.proveClient(app)
}

func (c *call) findClient() (*application, *aadsts) {
	id := c.form.Get("client_id")
	if id == "" {
		return nil, ref(missingParameter("client_id"))
	}
	found := slices.IndexFunc(c.tenant.Applications, func(a *application) bool { return strings.EqualFold(a.ID, id) })
	if found < 0 {
		return nil, ref(unknownClient(id, c.tenant.Domain))
	}
	return c.tenant.Applications[found], nil
}

// proveClient asks for a secret or an assertion, and of a public client for
// neither.
func (c *call) proveClient(app *application) *aadsts {
	secret, assertion := c.form.Get("client_secret"), c.form.Get("client_assertion")
	switch {
	case app.Public && (secret != "" || assertion != ""):
		return ref(publicClientProof())
	case app.Public && c.form.Get("grant_type") != "client_credentials":
		return nil
	case secret != "" && slices.Contains(app.Secrets, secret):
		return nil
	case secret != "" && slices.Contains(app.Expired, secret):
		return ref(expiredSecret(app.ID))
	case secret != "":
		return ref(wrongSecret(app.ID))
	case assertion != "" && c.form.Get("client_assertion_type") == assertionType:
		return c.proveAssertion(app, assertion)
	}
	return ref(noClientProof())
}

// clientCredentials gives the application a token of its own.
func (c *call) clientCredentials(app *application) reply {
	resource, names, problem := requestedScopes(c.tenant, c.form.Get("scope"))
	if problem == nil {
		problem = c.tenant.Policy.refusesApplications()
	}
	if problem != nil {
		return c.aadsts(*problem)
	}
	if !slices.Equal(names, []string{".default"}) {
		return c.aadsts(notDefaultScope(c.form.Get("scope")))
	}
	if !slices.Contains(app.Resources, resource.name) {
		return c.aadsts(unknownResource(resource.audience, c.tenant.Domain))
	}
	token := sign(c.server.keys.entra, appClaims(c.tenant, app, resource.audience, c.now))
	return jsonReply(http.StatusOK, tokenAnswer{Type: "Bearer", ExpiresIn: seconds(accessTokenLife), ExtExpiresIn: seconds(accessTokenLife), AccessToken: token})
}

// tokenAnswer is the token endpoint's success.
type tokenAnswer struct {
	Type         string `json:"token_type"`
	Scope        string `json:"scope,omitempty"`
	ExpiresIn    int    `json:"expires_in"`
	ExtExpiresIn int    `json:"ext_expires_in"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
	ClientInfo   string `json:"client_info,omitempty"`
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func ref[T any](v T) *T { return &v }
