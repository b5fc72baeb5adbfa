package auth

import (
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

// Kind is a kind of credential.
type Kind int

// The kinds of credentials.
const (
	EntraToken   Kind = iota // a Microsoft Entra access token
	PAT                      // an Azure DevOps personal access token
	SAS                      // an IoT Central API token
	JobToken                 // SYSTEM_ACCESSTOKEN, an Azure Pipelines job's own token
	assertion                // a CI host's OIDC token, which only Entra accepts
	refreshToken             // Entra's refresh token, which only Entra accepts
	gitHubToken              // GitHub's token, which no service that azstep calls accepts
	unknown                  // neither a PAT nor a complete token
)

// String names the kind for use in a sentence.
func (k Kind) String() string {
	switch k {
	case EntraToken:
		return "an Entra access token"
	case PAT:
		return "a PAT"
	case SAS:
		return "an IoT Central API token"
	case JobToken:
		return "an Azure Pipelines job token"
	case refreshToken:
		return "a refresh token"
	case gitHubToken:
		return "a GitHub token"
	}
	return "a federated assertion"
}

// Name returns the kind in one word, for the output credential-kind.
func (k Kind) Name() string {
	switch k {
	case EntraToken:
		return "entra-token"
	case PAT:
		return "pat"
	case SAS:
		return "iot-token"
	case JobToken:
		return "job-token"
	}
	return "unknown"
}

// Forms of tokens that are easily mistaken for one that a service accepts, and that
// only their own service should see.
var (
	// gitHubForm matches the beginning of GitHub's tokens: docs.github.com, "About
	// authentication to GitHub", token formats.
	gitHubForm = pattern.New(`^(gh[a-z]_|github_pat_)`)
	// refreshForm matches the beginning of Entra's refresh tokens. They are opaque,
	// but no PAT contains a dot.
	refreshForm = pattern.New(`^[01]\.A[0-9A-Za-z_-]{8}`)
)

// kindOf identifies a credential by its form, and a JWT by its issuer. The length is
// not reliable: PATs had 52 characters and now have 84.
func kindOf(value string) (Kind, claims) {
	if strings.HasPrefix(value, pattern.SASPrefix) {
		return SAS, claims{}
	}
	read, ok := readClaims(value)
	switch {
	case !ok && gitHubForm.MatchString(value):
		return gitHubToken, claims{}
	case !ok && refreshForm.MatchString(value):
		return refreshToken, claims{}
	case !ok && patForm.MatchString(value) && !isBasic(value) && !isCutJWT(value):
		return PAT, claims{}
	case !ok:
		return unknown, claims{}
	case strings.Contains(read.issuer, "app.vstoken.visualstudio.com"):
		return JobToken, read
	case read.assertedBy() != "" || read.isExchange() || read.isConnection():
		return assertion, read
	}
	return EntraToken, read
}

// isConnection reports whether Entra issued the assertion for a service connection
// of Azure Pipelines (learn.microsoft.com, "Troubleshoot an Azure Resource Manager
// workload identity service connection").
func (c claims) isConnection() bool { return strings.HasPrefix(c.subject, "/eid1/") }

// assertedBy returns the way to authenticate that should be used with this
// assertion, or "".
func (c claims) assertedBy() string {
	for _, w := range ways() {
		if w.issuer != nil && w.issuer(c) {
			return w.name
		}
	}
	return ""
}

// asserting lists the ways that exchange assertions.
func asserting() (names []string) {
	for _, w := range ways() {
		if w.issuer != nil {
			names = append(names, w.name)
		}
	}
	return names
}
