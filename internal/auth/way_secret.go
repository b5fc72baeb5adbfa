package auth

import (
	"context"

	"github.com/azstep/azstep/internal/input"
)

// waySecret is an application with a client secret.
const waySecret = "client-secret"

func secretWay() way {
	return way{name: waySecret, listed: 5, appOnly: true, auto: always, entra: true, held: func(in *Inputs) string { return in.ClientSecret.Reveal() }, needs: (*chooser).secretNeeds, meant: firstIsSet, build: (*chooser).secret}
}

func (c *chooser) secretNeeds() []requirement {
	return []requirement{
		{name: waySecret, value: c.in.ClientSecret.Reveal(), how: "set client-secret" + c.orVariable("AZURE_CLIENT_SECRET") + " from a secret store", withheld: true},
		c.tenant(), c.client(),
	}
}

func (c *chooser) secret() (*Credential, error) {
	if err := sendable(waySecret, c.in.ClientSecret); err != nil {
		return nil, err
	}
	return c.atEntra(waySecret, "as "+c.registration().String(), secretSource{c.registration(), c.in.ClientSecret}), nil
}

// secretSource gets an application's token with its client secret: RFC 6749, section
// 4.4.
type secretSource struct {
	registration
	secret input.Secret
}

func (s secretSource) fetch(ctx context.Context, w Wire) (grant, error) {
	return s.token(ctx, w, proof{secret: s.secret.Reveal(), scopes: []string{s.scope}})
}
