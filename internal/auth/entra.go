package auth

import (
	"context"
	"errors"
	"net/url"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// secretSource gets an application's token with its client secret: RFC 6749,
// section 4.4.
type secretSource struct {
	registration
	secret input.Secret
}

func (c *chooser) secret() (*Credential, error) {
	chosen := c.fetched(waySecret, "as "+c.registration().String(), secretSource{c.registration(), c.in.ClientSecret})
	chosen.hosts = []string{c.in.authority()}
	return chosen, nil
}

func (s secretSource) fetch(ctx context.Context, w Wire) (grant, error) {
	return s.exchange(ctx, w, proof{secret: s.secret.Reveal(), scopes: []string{s.scope}})
}

// proof is what a token is given for.
type proof struct {
	secret string     // the client secret, or ""
	params url.Values // what goes along; a grant_type here replaces client_credentials
	scopes []string
	told   claims // of the assertion among the params, if there is one
}

// secrets are what may not be repeated from an answer.
func (p proof) secrets() []string {
	return []string{p.secret, p.params.Get(paramAssertion), p.params.Get(paramRefresh)}
}

const (
	paramAssertion = "client_assertion"
	paramRefresh   = "refresh_token"
)

// exchange gets a token from Entra in one request: the path of its token
// endpoint is fixed in its documentation, so that nothing has to be discovered,
// and no answer can send a secret elsewhere. Of x/oauth2's flows clientcredentials
// alone sends a scope with every grant, without which Entra would decide for
// which resource the token is.
func (r registration) exchange(ctx context.Context, w Wire, p proof) (grant, error) {
	carry := &courier{wire: w, only: r.authority}
	flow := clientcredentials.Config{
		ClientID: r.client, ClientSecret: p.secret, TokenURL: r.tokenURL(), AuthStyle: oauth2.AuthStyleInParams,
		Scopes: p.scopes, EndpointParams: p.params,
	}
	token, err := flow.Token(context.WithValue(ctx, oauth2.HTTPClient, carry.client()))
	if err != nil {
		return grant{}, r.failed(ctx, carry, err, answer{secrets: p.secrets(), told: p.told})
	}
	got := grant{Token: Token{Value: token.AccessToken, Expires: token.Expiry}}
	if sent := p.params.Get(paramRefresh); sent != "" && token.RefreshToken != sent {
		got.refresh = token.RefreshToken
	}
	return got, nil
}

// failed finds out what an error of x/oauth2 stands for. Its text is not used:
// it quotes whole answers.
func (r registration) failed(ctx context.Context, carry *courier, err error, a answer) *fault.Error {
	doing := "get an Entra token from " + hostOf(r.authority)
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		a.status, a.header, a.body = refused.Response.StatusCode, refused.Response.Header, refused.Body
		return r.refused(a)
	case carry.failure != nil || ctx.Err() != nil:
		return unreachable(ctx, doing, carry.failure)
	}
	bad := fault.New(fault.BadResponse, "%s: HTTP %d without a token", doing, carry.status)
	bad.Status = carry.status
	return bad.With(notEntra)
}
