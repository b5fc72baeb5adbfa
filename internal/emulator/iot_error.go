package emulator

import (
	"fmt"
	"net/http"
)

// Codes of IoT Central's errors. Unauthenticated is from a real answer
// (azure-docs#108719). Of the others the documentation has the status alone
// (learn.microsoft.com, rest/api/iotcentral/common-error-codes): who reads
// them is on his own.
const (
	iotUnauthenticated = "Unauthenticated"
	iotForbidden       = "Forbidden"
	iotBadRequest      = "BadRequest"
	iotNotFound        = "NotFound"
	iotConflict        = "Conflict"
	iotInvalidBody     = "InvalidBody"
	iotTooMany         = "TooManyRequests"
)

// iotError is an error of IoT Central: its time is RFC 1123 and not RFC 3339
// (azure-rest-api-specs#18982), and both ids are in the message once more.
func (c *call) iotError(status int, code, message string) reply {
	at := c.now.Format(http.TimeFormat)
	message = fmt.Sprintf("%s You can contact support at https://aka.ms/iotcentral-support. Please include the following information. Request ID: %s, Time: %s.", message, c.id, at)
	return jsonReply(status, map[string]any{"error": map[string]string{
		"code": code, "message": message, "requestId": c.id, "time": at,
	}}).with("x-ms-error-code", code).with("x-ms-request-id", c.id)
}
