package emulator

import (
	"cmp"
	"fmt"
	"net/http"
)

// aadsts is an error of Entra's token service. Codes and texts come from
// learn.microsoft.com, reference-error-codes, and from public issues.
type aadsts struct {
	code     int
	oauth    string // OAuth 2.0 error code (RFC 6749, 5.2)
	text     string
	status   int // 0 is 400
	suberror string
	claims   string
}

func (c *call) aadsts(e aadsts) reply {
	correlation := cmp.Or(c.header("client-request-id"), newGUID())
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
	return jsonReply(cmp.Or(e.status, http.StatusBadRequest), body)
}

func invalidClient(code int, text string) aadsts {
	return aadsts{code: code, oauth: "invalid_client", status: http.StatusUnauthorized, text: text}
}

// The errors of Entra's token service, with the texts in public issues.

func unknownTenant(name string) aadsts {
	return aadsts{code: 90002, oauth: "invalid_request", text: fmt.Sprintf("Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", name)}
}

func unknownClient(id, tenant string) aadsts {
	return aadsts{code: 700016, oauth: "unauthorized_client", text: fmt.Sprintf("Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.", id, tenant)}
}

func wrongSecret(app string) aadsts {
	return invalidClient(7000215, fmt.Sprintf("Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app))
}

func noClientProof() aadsts {
	return invalidClient(7000218, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

func publicClientProof() aadsts {
	return invalidClient(700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.")
}

func expiredSecret(app string) aadsts {
	return invalidClient(7000222, fmt.Sprintf("The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", app))
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

// graphScope rejects a scope without a resource, which Entra treats as a scope of
// Microsoft Graph.
func graphScope(scope string) aadsts {
	return aadsts{code: 650053, oauth: "invalid_client", text: fmt.Sprintf("The application asked for scope '%s' that doesn't exist on the resource '00000003-0000-0000-c000-000000000000'. Contact the app vendor.", scope)}
}

func twoResources(scope string) aadsts {
	return aadsts{code: 28000, oauth: "invalid_request", text: fmt.Sprintf("Provided value for the input parameter scope is not valid because it contains more than one resource. Scope %s is not valid.", scope)}
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

func disabledUser() aadsts {
	return aadsts{code: 50057, oauth: "invalid_grant", text: "The user account is disabled."}
}

func needsMFA(audience string) aadsts {
	return aadsts{code: 50076, oauth: "invalid_grant", suberror: "basic_action", claims: `{"access_token":{"capolids":{"essential":true,"values":["FAKE-POLICY"]}}}`,
		text: fmt.Sprintf("Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access '%s'.", audience)}
}

func blockedByConditionalAccess() aadsts {
	return aadsts{code: 53003, oauth: "invalid_grant", suberror: "message_only", text: "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."}
}

func revokedSession() aadsts {
	return aadsts{code: 50173, oauth: "invalid_grant", suberror: "bad_token", text: "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password."}
}

func tooOldSignIn() aadsts {
	return aadsts{code: 70043, oauth: "invalid_grant", suberror: "bad_token", text: "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access."}
}

func pendingDeviceCode() aadsts {
	return aadsts{code: 70016, oauth: "authorization_pending", text: "OAuth 2.0 device flow error. Authorization is pending. Continue polling."}
}

func badDeviceCode() aadsts {
	return aadsts{code: 70018, oauth: "bad_verification_code", text: "The device code is not one that was issued to this application, or it has been used."}
}

func expiredDeviceCode() aadsts {
	return aadsts{code: 70019, oauth: "expired_token", text: "The verification code has expired. Have the user retry the sign-in."}
}

func declinedDeviceCode() aadsts {
	return aadsts{code: 65004, oauth: "authorization_declined", text: "The user declined to consent to access the app."}
}

func wrongRedirect(address, app string) aadsts {
	return aadsts{code: 50011, oauth: "invalid_request", text: fmt.Sprintf("The redirect URI '%s' specified in the request does not match the redirect URIs configured for the application '%s'. Make sure the redirect URI sent in the request matches one added to your application in the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.", address, app)}
}

func redeemedCode() aadsts {
	return aadsts{code: 54005, oauth: "invalid_grant", text: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token."}
}

func expiredCode() aadsts {
	return aadsts{code: 70008, oauth: "invalid_grant", text: "The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource."}
}

func otherRedirect(address string) aadsts {
	return aadsts{code: 500112, oauth: "invalid_client", text: fmt.Sprintf("The reply address '%s' does not match the reply address provided when requesting Authorization code.", address)}
}

func wrongVerifier() aadsts {
	return aadsts{code: 501481, oauth: "invalid_grant", text: "The Code_Verifier does not match the code_challenge supplied in the authorization request."}
}

// blockedDeviceCode is the error of Microsoft's managed policy that blocks the
// device code flow.
func blockedDeviceCode() aadsts {
	return aadsts{code: 530033, oauth: "invalid_grant", suberror: "message_only", text: "Access has been blocked by Conditional Access policies. The access policy does not allow the authentication flow that was used."}
}
