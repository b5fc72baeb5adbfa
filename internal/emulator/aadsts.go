package emulator

import (
	"fmt"
	"net/http"
)

// aadsts is a refusal of Entra's token service. The codes and texts are those of
// learn.microsoft.com's reference-error-codes and of public issues.
type aadsts struct {
	code     int
	oauth    string // the error code of OAuth 2.0 (RFC 6749, 5.2)
	text     string
	status   int // 0 is 400
	suberror string
	claims   string
}

func (c *call) aadsts(e aadsts) reply {
	if e.status == 0 {
		e.status = http.StatusBadRequest
	}
	correlation := c.header("client-request-id")
	if correlation == "" {
		correlation = newGUID()
	}
	at := c.now.Format("2006-01-02 15:04:05Z")
	body := map[string]any{
		"error": e.oauth,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			e.code, e.text, c.id, correlation, at),
		"error_codes":    []int{e.code},
		"timestamp":      at,
		"trace_id":       c.id,
		"correlation_id": correlation,
		"error_uri":      fmt.Sprintf("https://login.microsoftonline.com/error?code=%d", e.code),
	}
	if e.suberror != "" {
		body["suberror"] = e.suberror
	}
	if e.claims != "" {
		body["claims"] = e.claims
	}
	return jsonReply(e.status, body)
}

func unknownTenant(name string) aadsts {
	return aadsts{code: 90002, oauth: "invalid_request", text: fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", name)}
}

func unknownClient(id, tenant string) aadsts {
	return aadsts{code: 700016, oauth: "unauthorized_client", text: fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, tenant)}
}

func wrongSecret(app string) aadsts {
	return aadsts{code: 7000215, oauth: "invalid_client", status: http.StatusUnauthorized, text: fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app)}
}

func noClientProof() aadsts {
	return aadsts{code: 7000218, oauth: "invalid_client", status: http.StatusUnauthorized, text: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."}
}

func publicClientProof() aadsts {
	return aadsts{code: 700025, oauth: "invalid_client", status: http.StatusUnauthorized, text: "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."}
}

func unsupportedGrant(grant string) aadsts {
	return aadsts{code: 70003, oauth: "unsupported_grant_type", text: fmt.Sprintf("The app requested an unsupported grant type '%s'.", grant)}
}

func missingParameter(name string) aadsts {
	return aadsts{code: 900144, oauth: "invalid_request", text: fmt.Sprintf("The request body must contain the following parameter: '%s'.", name)}
}

func notDefaultScope(scope string) aadsts {
	return aadsts{code: 1002012, oauth: "invalid_scope", text: fmt.Sprintf("The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", scope)}
}

func unknownResource(scope, tenant string) aadsts {
	return aadsts{code: 500011, oauth: "invalid_resource", text: fmt.Sprintf("The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.", scope, tenant)}
}

func badRefreshToken() aadsts {
	return aadsts{code: 9002313, oauth: "invalid_grant", text: "Invalid request. Request is malformed or invalid."}
}

func expiredRefreshToken() aadsts {
	return aadsts{code: 700082, oauth: "invalid_grant", suberror: "bad_token", text: "The refresh token has expired due to inactivity. The token was issued earlier than the maximum inactive time of 90.00:00:00."}
}

func noConsent(app *application) aadsts {
	return aadsts{code: 65001, oauth: "invalid_grant", suberror: "consent_required", text: fmt.Sprintf("The user or administrator has not consented to use the application with ID '%s' named '%s'. Send an interactive authorization request for this user and resource.", app.ID, app.Name)}
}
