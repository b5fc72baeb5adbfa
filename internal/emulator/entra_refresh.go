package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// refreshTokenLife is how long a refresh token works without being used
// (learn.microsoft.com, refresh-tokens).
const refreshTokenLife = 90 * 24 * time.Hour

// refreshPrefix says what it is; real ones begin with "1.A" and are as opaque.
const refreshPrefix = "FAKE-REFRESH."

// newRefreshToken holds all that it stands for, so that handing out a million of
// them takes no memory, and the old ones go on working as Entra's do.
func (s *Server) newRefreshToken(t *tenant, u *user, app *application, scope string, now time.Time) string {
	return refreshPrefix + sign(s.keys.refresh, claims{
		"tid": t.ID, "oid": u.ID, "appid": app.ID, "scope": scope, "jti": newGUID(), "exp": now.Add(refreshTokenLife).Unix(),
	})
}

// RefreshToken makes a refresh token as a sign-in of the user (e-mail or id)
// with the application (name or client id) would have; "" is the seed's first.
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

// refreshGrant turns a refresh token into a user's access token and another
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
	// Without a scope it is that of the sign-in. Whoever refreshes gets another
	// refresh token, whether they ask for it or not.
	return c.userToken(app, u, cmp.Or(c.form.Get("scope"), from.text("scope"))+" offline_access")
}

// userToken answers with a delegated token for the scopes asked for.
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
		names, echo = consented, slices.Concat(consented, names) // MSAL looks for what it asked for
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

// qualified writes scopes as the token endpoint echoes them.
func qualified(r resource, names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = r.audience + "/" + name
	}
	return strings.Join(all, " ")
}
