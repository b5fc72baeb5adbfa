package emulator

import "net/http"

// iotError is an error of IoT Central: its time is RFC 1123 and not RFC 3339
// (azure-rest-api-specs#18982).
func (c *call) iotError(status int, code, message string) reply {
	return jsonReply(status, map[string]any{"error": map[string]string{
		"code": code, "message": message, "requestId": c.id, "time": c.now.Format(http.TimeFormat),
	}}).with("x-ms-error-code", code).with("x-ms-request-id", c.id)
}
