package auth

import (
	"context"
	"net/http"
	"net/url"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// gitHub is GitHub's: docs.github.com, "OpenID Connect reference", and
// actions/toolkit oidc-utils.ts. The address has a query of its own.
func (c *chooser) gitHub() (*Credential, error) {
	u, err := httpsURL(varGitHubURL, c.env.get(varGitHubURL))
	if err != nil {
		return nil, err
	}
	query := "audience=" + url.QueryEscape(assertionAudience)
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return c.federated(wayGitHub, "", issuer{
		name: "GitHub", method: http.MethodGet, url: u.String(), field: "value",
		job: input.Secret(c.env.get(varGitHubToken)), advice: gitHubAdvice,
	})
}

// pipelines is Azure Pipelines': azidentity's azure_pipelines_credential.go.
// The header asks for a 401 where a browser would be redirected to sign in.
func (c *chooser) pipelines() (*Credential, error) {
	u, err := httpsURL(varPipelinesURL, c.env.get(varPipelinesURL))
	if err != nil {
		return nil, err
	}
	query := u.Query()
	query.Set("api-version", "7.1")
	query.Set("serviceConnectionId", c.in.ServiceConnectionID)
	u.RawQuery = query.Encode()
	return c.federated(wayPipelines, ", service connection "+c.in.ServiceConnectionID, issuer{
		name: "Azure Pipelines", method: http.MethodPost, url: u.String(), field: "oidcToken",
		job:    input.Secret(c.env.get(wayJobToken)),
		header: http.Header{"Content-Type": {"application/json"}, "X-Tfs-Fedauthredirect": {"Suppress"}},
		advice: pipelinesAdvice(c.in.ServiceConnectionID),
	})
}

func (c *chooser) federated(name, by string, from issuer) (*Credential, error) {
	chosen := c.fetched(name, "as "+c.registration().String()+by, federatedSource{c.registration(), from})
	chosen.hosts, chosen.asserter = []string{c.in.authority()}, from.url
	return chosen, nil
}

// httpsURL is the address in an environment variable, to which a token may be
// sent only if the way there is safe.
func httpsURL(name, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, fault.Input(name, name+" must be an https address, as the CI host sets it", "%s: %s is not valid", name, input.Quote(clean(address)))
	}
	u.Fragment = ""
	return u, nil
}

// federatedSource gets an application's token with an assertion of the CI host.
type federatedSource struct {
	registration
	from issuer
}

// assertionType says that the assertion is a JWT: RFC 7523, section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// fetch takes two requests: the assertion, and the token for it.
func (s federatedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	assertion, err := s.from.assert(ctx, w)
	if err != nil {
		return grant{}, err
	}
	told, _ := readClaims(assertion)
	return s.exchange(ctx, w, proof{
		params: url.Values{"client_assertion_type": {assertionType}, paramAssertion: {assertion}},
		scopes: []string{s.scope}, told: told,
	})
}
