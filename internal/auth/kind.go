package auth

import (
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

// Kind is what a credential is.
type Kind int

// The kinds.
const (
	EntraToken   Kind = iota // a Microsoft Entra access token
	PAT                      // an Azure DevOps personal access token
	SAS                      // an IoT Central API token
	JobToken                 // SYSTEM_ACCESSTOKEN, an Azure Pipelines job's own token
	assertion                // a CI host's OIDC token, which only Entra takes
	refreshToken             // of Entra, which only Entra takes
	gitHubToken              // of GitHub, which nobody takes that azstep calls
	unknown                  // neither a PAT nor a whole token
)

// String names the kind in a sentence.
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
		return "a token of GitHub's"
	}
	return "a federated assertion"
}

// Name is the kind in one word, for the output credential-kind.
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

// Forms of tokens that are easily mistaken for one that a service takes, and
// that no service but their own should see.
var (
	// gitHubForm is how GitHub's begin: docs.github.com, "About authentication
	// to GitHub", token formats.
	gitHubForm = pattern.New(`^(gh[a-z]_|github_pat_)`)
	// refreshForm is how Entra's begin. They are opaque; but no PAT has a dot.
	refreshForm = pattern.New(`^[01]\.A[0-9A-Za-z_-]{8}`)
)

// kindOf tells a credential by its shape, and a JWT by its issuer. The length
// says nothing: PATs had 52 characters and have 84.
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

// isConnection says that Entra issued the assertion for a service connection of Azure
// Pipelines (learn.microsoft.com, "Troubleshoot an Azure Resource Manager workload
// identity service connection").
func (c claims) isConnection() bool { return strings.HasPrefix(c.subject, "/eid1/") }

// assertedBy is the way to authenticate that uses this assertion as it should
// be used, or "".
func (c claims) assertedBy() string {
	for _, w := range ways() {
		if w.issuer != nil && w.issuer(c) {
			return w.name
		}
	}
	return ""
}

// asserting are the ways that exchange assertions.
func asserting() (names []string) {
	for _, w := range ways() {
		if w.issuer != nil {
			names = append(names, w.name)
		}
	}
	return names
}
