package client

import (
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// iotError is the error body of IoT Central: Error (iotcentral.json 2022-07-31).
type iotError struct {
	Error struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"requestId"`
	} `json:"error"`
	Message string `json:"message"` // of a gateway in front of it
}

// refusedIoT says what a response of IoT Central means. The service gives its reason
// in the body and in a header.
func refusedIoT(a transport.Answer) *fault.Error {
	var e iotError
	a.Decode(&e)
	said := e.Error.Message
	if said == "" {
		said = e.Message
	}
	if said == "" {
		said = a.Text()
	}
	f := a.ByStatus(a.Clean(said))
	code := e.Error.Code
	if code == "" {
		code = strings.TrimSpace(a.Header.Get("x-ms-error-code"))
	}
	if code != "" && a.IsRefusal() {
		code = a.Word(code)
		f = fault.New("iot-"+fault.Code(kebab(code)), "%s: IoT Central returned the error %s: %s", a.What, code, a.Clean(said))
	}
	if f.RequestID = a.RequestID(); f.RequestID == "" {
		f.RequestID = a.RequestID(e.Error.RequestID)
	}
	return f
}
