package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// proveAssertion compares a client assertion with the application's federated
// credentials, as Entra does: issuer, subject, audience, each to the letter
// (case has mattered since 2024), then signature and time.
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

// matchFederated narrows the credentials down, one claim after the other: the
// first that leaves none is what the refusal names.
func matchFederated(all []federated, stated claims) *aadsts {
	steps := []struct {
		code  int
		claim string
		of    func(federated) string
	}{
		{700211, "issuer", func(f federated) string { return f.Issuer }},
		{700213, "subject", func(f federated) string { return f.Subject }},
		{700212, "audience", func(f federated) string { return f.Audience }},
	}
	names := map[string]string{"issuer": "iss", "subject": "sub", "audience": "aud"}
	left := slices.Clone(all)
	if len(left) == 0 {
		return ref(noFederated(stated))
	}
	for _, step := range steps {
		value := stated.text(names[step.claim])
		sameButCase := slices.ContainsFunc(left, func(f federated) bool { return strings.EqualFold(step.of(f), value) })
		left = slices.DeleteFunc(left, func(f federated) bool { return step.of(f) != value })
		if len(left) == 0 {
			return ref(unmatched(step.code, step.claim, value, sameButCase))
		}
	}
	return nil
}

// signedByItsIssuer knows the two issuers whose hosts are emulated.
func (c *call) signedByItsIssuer(stated claims, token string) bool {
	key := c.server.keys.github
	if strings.HasPrefix(stated.text("iss"), pipelinesIssuer) {
		key = c.server.keys.pipelines
	}
	_, ok := verify(key, token)
	return ok
}

// Issuers of the two hosts' OIDC tokens (github/docs, openid-connect-reference;
// azure-devops-docs, workload identity troubleshooting: the organization's id
// follows).
const (
	githubIssuer    = "https://token.actions.githubusercontent.com"
	pipelinesIssuer = "https://vstoken.dev.azure.com/"
)

const federationAdvice = "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

func unmatched(code int, claim, value string, sameButCase bool) aadsts {
	text := fmt.Sprintf("No matching federated identity record found for presented assertion %s '%s'. ", claim, value)
	if sameButCase && claim == "subject" {
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
