package auth

import (
	"context"
	"errors"
	"net/url"

	"azstep/internal/fault"
	"azstep/internal/input"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
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

// fetch sends the scope along, without which Entra would decide for which
// resource the token is. Of x/oauth2's flows only clientcredentials can do that:
// it lets the grant type be replaced.
func (s refreshSource) fetch(ctx context.Context, w Wire) (grant, error) {
	carry := &courier{wire: w, only: s.authority}
	flow := clientcredentials.Config{
		ClientID: s.client, ClientSecret: s.secret.Reveal(),
		TokenURL: s.tokenURL(), AuthStyle: oauth2.AuthStyleInParams,
		Scopes: []string{s.scope, "offline_access"}, // the latter for a new refresh token
		EndpointParams: url.Values{
			"grant_type":    {"refresh_token"},
			"refresh_token": {s.refresh.Reveal()},
		},
	}
	token, err := flow.Token(context.WithValue(ctx, oauth2.HTTPClient, carry.client()))
	if err != nil {
		return grant{}, s.oauthFailed(ctx, carry, err, s.refresh.Reveal(), s.secret.Reveal())
	}
	got := grant{Token: Token{Value: token.AccessToken, Expires: token.Expiry}}
	if token.RefreshToken != s.refresh.Reveal() {
		got.refresh = token.RefreshToken
	}
	return got, nil
}

// oauthFailed finds out what an error of x/oauth2 stands for.
func (r registration) oauthFailed(ctx context.Context, carry *courier, err error, secrets ...string) *fault.Error {
	doing := "get an Entra token from " + hostOf(r.authority)
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return r.refused(answer{status: refused.Response.StatusCode, header: refused.Response.Header, body: refused.Body, secrets: secrets})
	case carry.failure != nil || ctx.Err() != nil:
		return unreachable(ctx, doing, carry.failure)
	}
	bad := fault.New(fault.BadResponse, "%s: HTTP %d without a token", doing, carry.status)
	bad.Status = carry.status
	return bad.With(notEntra)
}
