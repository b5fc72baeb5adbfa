package emulator

import (
	"encoding/json"
	"slices"
)

// idToken is what openid in the scopes adds: MSAL knows its accounts by it and
// by client_info.
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
