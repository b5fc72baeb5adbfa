package emulator

import (
	"fmt"
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

// signedByItsIssuer believes the key that belongs to the issuer that the
// assertion names.
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
