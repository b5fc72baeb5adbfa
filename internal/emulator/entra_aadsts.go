package emulator

import (
	"cmp"
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
