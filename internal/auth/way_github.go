package auth

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// wayGitHub is a job of GitHub Actions, whose assertion Entra trusts.
const wayGitHub = "github-oidc"

// The variables with GitHub's endpoint: docs.github.com, "OpenID Connect reference".
const (
	varGitHubURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	varGitHubToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

func gitHubWay() way {
	return way{name: wayGitHub, listed: 2, appOnly: true, entra: true, auto: onGitHub, needs: (*chooser).gitHubNeeds, build: (*chooser).gitHub,
		issuer: claims.isGitHub}
}

// isGitHub recognizes the issuers of GitHub, of ghe.com and of GitHub Enterprise
// Server: docs.github.com, "OpenID Connect reference".
func (c claims) isGitHub() bool {
	host, _ := strings.CutPrefix(c.issuer, "https://")
	return host == "token.actions.githubusercontent.com" || strings.HasPrefix(host, "token.actions.githubusercontent.com/") ||
		strings.HasPrefix(host, "token.actions.") && strings.HasSuffix(host, ".ghe.com") || strings.HasSuffix(host, "/_services/token")
}

func (c *chooser) gitHubNeeds() []requirement {
	how := "give the job `permissions: id-token: write` (a reusable workflow: its caller, too; with `docker run` also `-e " + varGitHubURL + " -e " + varGitHubToken + "`)"
	return []requirement{
		c.client(), c.tenant(),
		{name: varGitHubURL, value: c.env.get(varGitHubURL), how: how, withheld: true},
		{name: varGitHubToken, value: c.env.get(varGitHubToken), how: how, withheld: true},
	}
}

// gitHub uses GitHub's endpoint: docs.github.com, "OpenID Connect reference", and
// actions/toolkit oidc-utils.ts. Its address already has a query.
func (c *chooser) gitHub() (*Credential, error) {
	u, err := httpsURL(varGitHubURL, c.env.get(varGitHubURL))
	if err != nil {
		return nil, err
	}
	query := "audience=" + url.QueryEscape(c.audience())
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return c.federated(wayGitHub, "", issuer{
		name: "GitHub", method: http.MethodGet, url: u, variable: varGitHubURL, field: "value",
		job: input.Secret(c.env.get(varGitHubToken)), advice: gitHubAdvice,
	}), nil
}

// gitHubAdvice explains the statuses of GitHub's endpoint.
func gitHubAdvice(a transport.Answer, _ string) refusal {
	permission := "give the job `permissions: id-token: write`; a reusable workflow needs it in the caller, too"
	switch {
	case a.Status == http.StatusUnauthorized || isSignIn(a):
		return refusal{code: fault.CredentialRejected, text: "the job's request token is not accepted", hints: []string{
			"request the id token from the job itself while it runs: " + varGitHubToken + " ends with the job", permission,
		}}
	case a.Status == http.StatusForbidden:
		return refusal{code: fault.PermissionDenied, text: "the job is not allowed to request an id token", hints: []string{permission}}
	case a.Status == http.StatusNotFound:
		return refusal{code: fault.ResourceNotFound, text: "this job has no such endpoint", hints: []string{
			varGitHubURL + " must be the one of this job; on GitHub Enterprise Server, an administrator must enable OIDC for GitHub Actions",
		}}
	}
	return refusal{code: fault.RequestRefused, text: "no id token was issued", hints: []string{permission}}
}
