package emulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// assertionType is RFC 7523's name for a JWT in place of a secret.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

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
	default:
		return c.aadsts(unsupportedGrant(grant))
	}
}

// client is the application that asks, once it has proved to be it.
func (c *call) client() (*application, *aadsts) {
	id := c.form.Get("client_id")
	if id == "" {
		return nil, ref(missingParameter("client_id"))
	}
	found := slices.IndexFunc(c.tenant.Applications, func(a *application) bool { return strings.EqualFold(a.ID, id) })
	if found < 0 {
		return nil, ref(unknownClient(id, c.tenant.Domain))
	}
	app := c.tenant.Applications[found]
	return app, c.proveClient(app)
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
	case secret != "":
		return ref(wrongSecret(app.ID))
	case assertion != "" && c.form.Get("client_assertion_type") == assertionType:
		return c.proveAssertion(app, assertion)
	}
	return ref(noClientProof())
}

// clientCredentials gives the application a token of its own.
func (c *call) clientCredentials(app *application) reply {
	resource, names, problem := c.requestedScopes()
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
}

func seconds(d time.Duration) int { return int(d / time.Second) }

func ref[T any](v T) *T { return &v }

// resource is an API that tokens are for.
type resource struct {
	name     string // as in the seed
	audience string // aud of its tokens
	ids      []string
}

// resources are the APIs that the emulator's tenants know, with the ways to
// write them in a scope.
func resources() []resource {
	return []resource{
		{"azure-devops", AzureDevOps, []string{AzureDevOps, "https://app.vssps.visualstudio.com"}},
		{"iot-central", IoTCentral, []string{IoTCentral, "9edfcdd9-0bc5-4bd4-b287-c3afc716aac7"}},
	}
}

// requestedScopes splits the scope parameter into one resource and the names of
// its permissions. The scopes of OpenID Connect, which MSAL adds to everything,
// name no resource.
func (c *call) requestedScopes() (resource, []string, *aadsts) {
	var found resource
	var names []string
	for _, scope := range fields(c.form.Get("scope")) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, scope) {
			continue
		}
		cut := strings.LastIndexByte(scope, '/')
		r := slices.IndexFunc(resources(), func(r resource) bool {
			return cut > 0 && slices.Contains(r.ids, strings.ToLower(strings.TrimSuffix(scope[:cut], "/")))
		})
		if r < 0 {
			return found, nil, ref(unknownResource(scope, c.tenant.Domain))
		}
		found, names = resources()[r], append(names, scope[cut+1:])
	}
	if len(names) == 0 {
		return found, nil, ref(missingParameter("scope"))
	}
	return found, names, nil
}
