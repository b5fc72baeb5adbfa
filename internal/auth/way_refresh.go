package auth

import (
	"context"
	"errors"
	"net/url"

	"github.com/azstep/azstep/internal/input"
)

// wayRefresh is a user who signed in before, with `azstep login`.
const wayRefresh = "refresh-token"

func refreshWay() way {
	return way{name: wayRefresh, listed: 6, auto: always, entra: true, held: func(in *Inputs) string { return in.RefreshToken.Reveal() }, needs: (*chooser).refreshNeeds, meant: refreshMeant, build: (*chooser).refresh}
}

func (c *chooser) refreshNeeds() []requirement {
	return []requirement{
		{name: wayRefresh, value: c.in.RefreshToken.Reveal(), how: "set refresh-token from a secret store; `azstep login` on a laptop gets one", withheld: true},
		c.tenant(), c.client(),
	}
}

// refreshMeant reports whether this way is meant: a tenant and an application alone
// indicate it only if a user is required.
func refreshMeant(c *chooser, needs []requirement) bool {
	if c.need.UserOnly {
		return anyInputIsSet(c, needs)
	}
	return firstIsSet(c, needs)
}

func (c *chooser) refresh() (*Credential, error) {
	if err := errors.Join(sendable(wayRefresh, c.in.RefreshToken), sendable(waySecret, c.in.ClientSecret)); err != nil {
		return nil, err
	}
	return c.atEntra(wayRefresh, "as the user who signed in to "+c.registration().String(),
		refreshSource{c.registration(), c.in.RefreshToken, c.in.ClientSecret}), nil
}

// refreshSource gets a user's token with a refresh token: RFC 6749, section 6.
type refreshSource struct {
	registration
	refresh input.Secret
	secret  input.Secret // client secret of a confidential client, or ""
}

func (s refreshSource) fetch(ctx context.Context, w Wire) (grant, error) {
	return s.token(ctx, w, proof{
		secret: s.secret.Reveal(),
		params: url.Values{"grant_type": {"refresh_token"}, paramRefresh: {s.refresh.Reveal()}},
		scopes: []string{s.scope, "offline_access"}, // offline_access requests a new refresh token
	})
}
