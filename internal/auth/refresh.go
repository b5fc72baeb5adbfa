package auth

import (
	"context"
	"net/url"

	"github.com/azstep/azstep/internal/input"
)

// refreshSource gets a user's token with a refresh token: RFC 6749, section 6.
type refreshSource struct {
	registration
	refresh input.Secret
	secret  input.Secret // of a confidential client, or ""
}

func (c *chooser) refresh() (*Credential, error) {
	chosen := c.fetched(wayRefresh, "as the user who signed in to "+c.registration().String(),
		refreshSource{c.registration(), c.in.RefreshToken, c.in.ClientSecret})
	chosen.hosts = []string{c.in.authority()}
	return chosen, nil
}

func (s refreshSource) fetch(ctx context.Context, w Wire) (grant, error) {
	return s.exchange(ctx, w, proof{
		secret: s.secret.Reveal(),
		params: url.Values{"grant_type": {"refresh_token"}, paramRefresh: {s.refresh.Reveal()}},
		scopes: []string{s.scope, "offline_access"}, // the latter for a new refresh token
	})
}
