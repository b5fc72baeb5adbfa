package emulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// assertionType is the name for a JWT instead of a secret (RFC 7523).
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// deviceGrantType is the name for a poll (RFC 8628).
	deviceGrantType = "urn:ietf:params:oauth:grant-type:device_code"
	// shortDeviceGrantType is the form that MSAL for Go sends and Entra accepts.
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

// client returns the application that sent the request, after it authenticated.
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

// proveClient requires a secret or an assertion. A public client must send neither.
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

// clientCredentials issues a token to the application itself.
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

// tokenAnswer is a successful response of the token endpoint.
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

// refreshTokenLife is how long an unused refresh token works (learn.microsoft.com,
// refresh-tokens).
const refreshTokenLife = 90 * 24 * time.Hour

// refreshPrefix marks a refresh token of the emulator. Real ones begin with "1.A"
// and are opaque as well.
const refreshPrefix = "FAKE-REFRESH."

// newRefreshToken puts everything into the token itself, so that a million of them
// need no memory, and old ones stay valid, as Entra's do.
func (s *Server) newRefreshToken(t *tenant, u *user, app *application, scope string, now time.Time) string {
	return refreshPrefix + sign(s.keys.refresh, claims{
		"tid": t.ID, "oid": u.ID, "appid": app.ID, "scope": scope, "jti": newGUID(), "exp": now.Add(refreshTokenLife).Unix(),
	})
}

// RefreshToken returns a refresh token as if the user (e-mail or id) had signed in
// to the application (name or client id). "" is the first one of the seed.
func (s *Server) RefreshToken(userName, applicationName string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshToken(userName, applicationName)
}

func (s *Server) refreshToken(userName, applicationName string) string {
	t, u := s.st.user(userName)
	_, app := s.st.application(applicationName)
	return s.newRefreshToken(t, u, app, AzureDevOps+"/.default", s.now())
}

// refreshGrant exchanges a refresh token for a user's access token and another
// refresh token.
func (c *call) refreshGrant(app *application) reply {
	text, ours := strings.CutPrefix(c.form.Get("refresh_token"), refreshPrefix)
	from, ok := verify(c.server.keys.refresh, text)
	if !ours || !ok || from.text("appid") != app.ID || from.text("tid") != c.tenant.ID {
		return c.aadsts(badRefreshToken())
	}
	if expired(from, c.now) {
		return c.aadsts(expiredRefreshToken())
	}
	if problem := c.tenant.Policy.refusesSessions(); problem != nil {
		return c.aadsts(*problem)
	}
	_, u := c.user(from.text("oid"))
	// Without a scope, the scope of the sign-in counts. The client always gets
	// another refresh token, even if it does not ask for one.
	return c.userToken(app, u, cmp.Or(c.form.Get("scope"), from.text("scope"))+" offline_access")
}

// userToken issues a delegated token for the requested scopes.
func (c *call) userToken(app *application, u *user, scope string) reply {
	resource, names, problem := requestedScopes(c.tenant, scope)
	if problem == nil {
		problem = c.tenant.Policy.refusesUsers(app, resource)
	}
	if problem != nil {
		return c.aadsts(*problem)
	}
	consented, echo := app.Delegated[resource.name], names
	if slices.Equal(names, []string{".default"}) {
		names, echo = consented, slices.Concat(consented, names) // MSAL looks for the scopes that it requested
	}
	missing := slices.ContainsFunc(names, func(s string) bool { return !slices.Contains(consented, s) })
	if len(names) == 0 || missing {
		return c.aadsts(noConsent(app))
	}
	answer := tokenAnswer{
		Type: "Bearer", Scope: qualified(resource, echo), ExpiresIn: seconds(accessTokenLife), ExtExpiresIn: seconds(accessTokenLife),
		AccessToken: sign(c.server.keys.entra, userClaims(c.tenant, u, app.ID, resource.audience, strings.Join(names, " "), c.now)),
	}
	answer.IDToken, answer.ClientInfo = c.idToken(app, u, scope)
	if slices.Contains(fields(scope), "offline_access") {
		answer.RefreshToken = c.server.newRefreshToken(c.tenant, u, app, qualified(resource, names), c.now)
	}
	return jsonReply(http.StatusOK, answer)
}

// qualified writes scopes in the form that the token endpoint returns.
func qualified(r resource, names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = r.audience + "/" + name
	}
	return strings.Join(all, " ")
}

// idToken returns what the scope openid adds: MSAL identifies its accounts by the ID
// token and client_info.
func (c *call) idToken(app *application, u *user, scope string) (token, clientInfo string) {
	if !slices.Contains(fields(scope), "openid") {
		return "", ""
	}
	info, err := json.Marshal(map[string]string{"uid": u.ID, "utid": c.tenant.ID})
	if err != nil {
		return "", ""
	}
	return sign(c.server.keys.entra, claims{
		"aud": app.ID, "iss": c.server.url + "/" + c.tenant.ID + "/v2.0", "tid": c.tenant.ID, "oid": u.ID, "sub": u.ID,
		"name": u.Name, "preferred_username": u.Email, "ver": "2.0",
		"iat": c.now.Unix(), "nbf": c.now.Unix(), "exp": c.now.Add(accessTokenLife).Unix(),
	}), encodeSegment(info)
}
