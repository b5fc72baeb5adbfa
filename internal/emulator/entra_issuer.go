package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"
)

// issuer is an issuer of federated tokens that applications may trust: a CI host, a
// Kubernetes cluster, or Entra itself for newer connections of Azure Pipelines.
type issuer struct {
	Name    string // "gitlab"
	Issuer  string // iss
	Subject string // sub for the job, pod or connection
	Claims  map[string]string
}

// Issuers of the two hosts whose OIDC endpoints are emulated (github/docs,
// openid-connect-reference; azure-devops-docs, workload identity troubleshooting).
// The organization's id follows pipelinesIssuer.
const (
	githubIssuer    = "https://token.actions.githubusercontent.com"
	pipelinesIssuer = "https://vstoken.dev.azure.com/"
)

// Audiences of federated tokens. Entra's own assertions contain the id of the
// application that the URI belongs to (azure-devops-docs, workload identity
// troubleshooting).
const (
	entraAudience   = "api://AzureADTokenExchange"
	entraAudienceID = "fb60f99c-7a34-4190-8149-302f77469936"
)

// assertionLife is short on every host: 5 minutes on GitHub, 10 on Azure Pipelines.
const assertionLife = 5 * time.Minute

// issuerV2 is the iss of tokens from Entra's v2 endpoint.
func issuerV2(tenant string) string { return "https://login.microsoftonline.com/" + tenant + "/v2.0" }

// AssertionOptions describes the federated token that [Server.Assertion] creates.
type AssertionOptions struct {
	Issuer    string        // a name in the seed, "github", "azure-pipelines", or any iss
	Subject   string        // sub; "" is the issuer's default
	Audience  string        // aud; "" is api://AzureADTokenExchange
	ExpiresIn time.Duration // 0 is five minutes; a negative value is expired
	Forged    bool          // signed with another key
}

// Assertion creates a federated token of any issuer without authentication.
func (s *Server) Assertion(o AssertionOptions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assertion(o)
}

func (s *Server) assertion(o AssertionOptions) (string, error) {
	from, err := s.st.issuer(o.Issuer)
	if err != nil {
		return "", err
	}
	stated := from.assertion(cmp.Or(o.Audience, entraAudience), s.now(), cmp.Or(o.ExpiresIn, assertionLife))
	if o.Subject != "" {
		stated["sub"] = o.Subject
	}
	if o.Forged {
		return sign(randomBytes(32), stated), nil
	}
	return s.signAsIssuer(stated), nil
}

// issuer finds an issuer by its name. A URL is an issuer that is not in the seed.
func (st *state) issuer(name string) (issuer, error) {
	known := append([]issuer{{Name: "github", Issuer: st.github.issuer(), Subject: st.github.Subject}}, st.issuers...)
	if org := st.orgs[0]; len(org.Projects) > 0 {
		known = append(known, issuer{
			Name: "azure-pipelines", Issuer: pipelinesIssuer + org.ID, Subject: "sc://" + org.Name + "/" + org.Projects[0].Name + "/deploy",
		})
	}
	for _, i := range known {
		if i.Name == name || i.Issuer == name {
			return i, nil
		}
	}
	if strings.HasPrefix(name, "https://") {
		return issuer{Issuer: name, Subject: "nobody"}, nil
	}
	return issuer{}, fmt.Errorf("issuer %q is not in the seed", name)
}

// assertion returns the claims of an issuer's token.
func (i issuer) assertion(audience string, now time.Time, life time.Duration) claims {
	stated := claims{}
	for name, value := range i.Claims {
		stated[name] = value
	}
	ends := now.Add(life)
	maps.Copy(stated, claims{
		"iss": i.Issuer, "sub": i.Subject, "aud": audience, "jti": newGUID(),
		"iat": min(now.Unix(), ends.Unix()-1), "nbf": min(now.Unix(), ends.Unix()-1), "exp": ends.Unix(),
	})
	return stated
}

// signAsIssuer signs with the key of the issuer that the token names.
func (s *Server) signAsIssuer(stated claims) string {
	return sign(s.keys.ofIssuer(stated.text("iss")), stated)
}

// proveAssertion compares a client assertion with the application's federated
// credentials, as Entra does: issuer, subject and audience exactly (case has
// mattered since 2024), then signature and time.
func (c *call) proveAssertion(app *application, token string) *aadsts {
	stated, ok := readClaims(token)
	if !ok {
		return ref(malformedAssertion())
	}
	if problem := matchFederated(app.Federated, stated); problem != nil {
		return problem
	}
	if !c.signedByItsIssuer(stated, token) {
		return ref(forgedAssertion())
	}
	if expired(stated, c.now) {
		return ref(expiredAssertion(stated, c.now))
	}
	return nil
}

// signedByItsIssuer verifies an assertion with the key of the issuer that it names.
func (c *call) signedByItsIssuer(stated claims, token string) bool {
	_, ok := verify(c.server.keys.ofIssuer(stated.text("iss")), token)
	return ok
}

const federationAdvice = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

func unmatched(code int, claim, value string, sameButCase bool) aadsts {
	text := fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'. ", claim, value)
	if sameButCase {
		// Azure/login#515
		return invalidClient(7002138, text+"The subject matches with case-insensitive comparison, but not with case-sensitive comparison. "+federationAdvice)
	}
	return invalidClient(code, text+federationAdvice)
}

func noFederated(stated claims) aadsts {
	return invalidClient(70021, fmt.Sprintf("No matching federated identity record found for presented assertion. Assertion Issuer: '%s'. Assertion Subject: '%s'. Assertion Audience: '%s'.",
		stated.text("iss"), stated.text("sub"), stated.text("aud")))
}

func malformedAssertion() aadsts {
	return aadsts{code: 50027, oauth: "invalid_request", text: "JWT token is invalid or malformed."}
}

func forgedAssertion() aadsts {
	return invalidClient(700027, "Client assertion contains an invalid signature. [Reason - The key was not found.]")
}

func expiredAssertion(stated claims, now time.Time) aadsts {
	const layout = "2006-01-02T15:04:05.0000000Z"
	return invalidClient(700024, fmt.Sprintf("Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s.",
		now.Format(layout), stated.instant("nbf").Format(layout), stated.instant("exp").Format(layout)))
}
