package emulator

import (
	"net/http"
	"slices"
)

// iotArea is IoT Central: an application, then a credential, then a version.
type iotArea struct{}

func (iotArea) enter(c *call) *reply {
	c.app = c.iotAppAt(c.request.Host, c.server.options.Name)
	if c.app == nil {
		return ended(c.iotError(http.StatusNotFound, iotNotFound, "The application was not found."))
	}
	who, ok := c.iotCaller()
	if !ok {
		return ended(c.iotError(http.StatusUnauthorized, iotUnauthenticated, "The provided authentication token is invalid."))
	}
	c.who = who
	if c.app.tooMany(c.now) { // counted for callers that are known
		return ended(c.iotError(http.StatusTooManyRequests, iotTooMany, "The application gets too many requests.").with("Retry-After", "1"))
	}
	return c.checkIoTVersion()
}

func (iotArea) finish(c *call, r *reply) { r.header.Set("x-ms-request-id", c.id) }

// checkIoTVersion takes the versions of azure-rest-api-specs, iotcentral.
func (c *call) checkIoTVersion() *reply {
	known := []string{"1.0", "2022-07-31", "1.1-preview", "1.2-preview", "2022-05-31", "2022-06-30-preview", "2022-10-31-preview"}
	if v := c.query.Get("api-version"); slices.Contains(known, v) {
		return nil
	}
	return ended(c.iotError(http.StatusBadRequest, iotBadRequest, "The api-version is missing or not supported."))
}

// iotCaller is who calls, with scopes holding the ids of roles. A stranger whose
// token is good has none.
func (c *call) iotCaller() (identity, bool) {
	p := credentialOf(c.request)
	if p.scheme == "sas" {
		return c.bySignature(p.token)
	}
	from, ok := p.signedBy(c.server.keys.entra)
	if p.scheme != "bearer" || !ok || !from.isFor(IoTCentral) || expired(from, c.now) {
		return identity{}, false
	}
	who := entraIdentity(from)
	if who.kinds == byUser && !slices.Contains(who.scopes, "user_impersonation") {
		return identity{}, false
	}
	who.scopes = nil
	for _, m := range c.app.Members {
		if m.ID == who.id {
			who.scopes = append(who.scopes, m.Role)
		}
	}
	return who, true
}

// bySignature believes a token that this application has minted, letter by letter.
func (c *call) bySignature(text string) (identity, bool) {
	for _, t := range c.app.tokens {
		if t.text == text && t.state(c.now) == "active" {
			who := identity{kinds: bySAS, id: t.id, name: t.id}
			for _, r := range t.roles {
				who.scopes = append(who.scopes, r.Role)
			}
			return who, true
		}
	}
	return identity{}, false
}

// withRole lets in whoever has a role in the application; managing, one that
// manages tokens.
func withRole(managing bool, h handler) handler {
	return func(c *call) reply {
		for _, id := range c.who.scopes {
			if r, ok := c.app.role(id); ok && (r.ManagesTokens || !managing) {
				return h(c)
			}
		}
		return c.iotError(http.StatusForbidden, iotForbidden, "Authorization token does not have access to path.")
	}
}

// noIoTRoute answers a path below /api/ that nobody serves; api/apiToken, which an
// older version of the documentation printed (azure-docs#84509), is one.
func (c *call) noIoTRoute() reply {
	return c.iotError(http.StatusNotFound, iotNotFound, "The requested resource was not found.")
}
