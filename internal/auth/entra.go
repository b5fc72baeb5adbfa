package auth

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"azstep/internal/fault"
	"azstep/internal/input"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// secretSource gets an application's token with its client secret.
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
	return s.exchange(ctx, w, s.secret.Reveal(), claims{}, func(o azcore.ClientOptions) (azcore.TokenCredential, error) {
		return azidentity.NewClientSecretCredential(s.tenant, s.client, s.secret.Reveal(),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: true})
	})
}

// exchange gets a token for what newCredential wraps, in one request: the
// discovery that precedes it otherwise is off, and the metadata are constants.
// proof is the secret that will be sent, told its claims if it is an assertion.
//
// The token is asked for without EnableCAE. To ask with it is to promise an
// answer to claims challenges, which azstep cannot give, and brings tokens that
// live for a day.
func (r registration) exchange(ctx context.Context, w Wire, proof string, told claims,
	newCredential func(azcore.ClientOptions) (azcore.TokenCredential, error),
) (grant, error) {
	carry := &courier{wire: w, only: r.authority}
	credential, err := newCredential(azcore.ClientOptions{
		Transport:       carry.client(),
		Cloud:           cloud.Configuration{ActiveDirectoryAuthorityHost: r.authority + "/"},
		PerCallPolicies: []policy.Policy{metadata{r}},
		Retry:           policy.RetryOptions{MaxRetries: -1}, // the courier's task
		Telemetry:       policy.TelemetryOptions{ApplicationID: "azstep"},
	})
	if err != nil {
		return grant{}, fault.New(fault.InvalidInput, "prepare the sign-in of %s: %w", r, err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{r.scope}})
	if err != nil {
		return grant{}, r.failed(ctx, carry, err, answer{secrets: []string{proof}, told: told})
	}
	return grant{Token: Token{Value: token.Token, Expires: token.ExpiresOn}}, nil
}

// failed finds out what azidentity's error stands for. Its text is not used: it
// quotes whole answers.
func (r registration) failed(ctx context.Context, carry *courier, err error, a answer) *fault.Error {
	doing := "get an Entra token from " + hostOf(r.authority)
	var refused *azidentity.AuthenticationFailedError
	switch {
	case carry.failure != nil || ctx.Err() != nil:
		return unreachable(ctx, doing, carry.failure)
	case errors.As(err, &refused) && refused.RawResponse != nil:
		body, _ := io.ReadAll(refused.RawResponse.Body) // half a body says as much as it says
		a.status, a.header, a.body = refused.RawResponse.StatusCode, refused.RawResponse.Header, body
		return r.refused(a)
	}
	bad := fault.New(fault.BadResponse, "%s: HTTP %d without a token", doing, carry.status)
	bad.Status = carry.status
	return bad.With(notEntra)
}

// metadata answers what MSAL asks Entra about itself: openid-configuration of a
// tenant, and discovery/instance where the environment names a region
// (AZURE_REGIONAL_AUTHORITY_NAME, MSAL_FORCE_REGION). The paths of the token
// endpoint are fixed in Entra's documentation, so that nothing has to be asked;
// and no answer can send a secret elsewhere.
type metadata struct{ registration }

const (
	openIDPath   = "/v2.0/.well-known/openid-configuration"
	instancePath = "/common/discovery/instance"
)

// Do implements policy.Policy.
func (m metadata) Do(req *policy.Request) (*http.Response, error) {
	base := m.authority + "/" + m.tenant
	switch path := req.Raw().URL.Path; {
	case strings.HasSuffix(path, openIDPath):
		return reply(req.Raw(), map[string]string{
			"issuer":                 base + "/v2.0",
			"authorization_endpoint": base + "/oauth2/v2.0/authorize",
			"token_endpoint":         m.tokenURL(),
		})
	case path == instancePath:
		return reply(req.Raw(), map[string]string{"tenant_discovery_endpoint": base + openIDPath})
	}
	return req.Next()
}

func reply(req *http.Request, body map[string]string) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(strings.NewReader(string(text))),
		Request: req,
	}, nil
}
