package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"time"
)

// wantedToken is the body of POST /_emulator/token. Kind is "entra" (or empty),
// "refresh", "job", "pat" or "assertion"; each looks at what the Go method of its
// name does.
// ExpiresIn is a duration such as "1h".
type wantedToken struct {
	Kind, Name, Application, Organization, Scopes, Audience, Tenant, ExpiresIn string
	Issuer, Subject                                                            string
	App, Forged                                                                bool
}

// controlToken answers {"token": ...}, for a PAT with its authorizationId.
func controlToken(c *call) reply {
	var w wantedToken
	if err := c.decodeStrictly(&w); err != nil {
		return badControl(err)
	}
	life, err := time.ParseDuration(cmp.Or(w.ExpiresIn, "1h"))
	if err != nil {
		return badControl(err)
	}
	answer := map[string]string{}
	org := c.organization(cmp.Or(w.Organization, c.orgs[0].Name))
	switch {
	case org == nil:
		return badControl(fmt.Errorf("organization %q is not in the seed", w.Organization))
	case w.Kind == "refresh":
		answer["token"] = c.server.refreshToken(w.Name, w.Application)
	case w.Kind == "job":
		answer["token"] = c.server.jobToken(org, life)
	case w.Kind == "assertion":
		if answer["token"], err = c.server.assertion(w.assertion()); err != nil {
			return badControl(err)
		}
	case w.Kind == "pat":
		p := c.addPAT(org, w.Name, w.Scopes, life, c.now)
		answer["token"], answer["authorizationId"] = p.text, p.id
	case w.Kind == "" || w.Kind == "entra":
		answer["token"] = c.server.token(TokenOptions{
			App: w.App, Name: w.Name, Scopes: w.Scopes, Audience: w.Audience, Tenant: w.Tenant, ExpiresIn: life, Forged: w.Forged,
		})
	default:
		return badControl(fmt.Errorf("unknown kind of token %q", w.Kind))
	}
	return jsonReply(http.StatusOK, answer)
}

// assertion has the five minutes of every federated token unless it says more.
func (w wantedToken) assertion() AssertionOptions {
	life, _ := time.ParseDuration(w.ExpiresIn) // was parsed before; none is zero
	return AssertionOptions{Issuer: cmp.Or(w.Issuer, "github"), Subject: w.Subject, Audience: w.Audience, ExpiresIn: life, Forged: w.Forged}
}
