package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// envelope holds the error bodies of all services that are called, side by
// side; each fills its own fields.
type envelope struct {
	// Azure DevOps: WrappedException, and WrappedImproperError in Value
	// (azure-devops-go-api, azuredevops/models.go).
	Message string `json:"message"`
	TypeKey string `json:"typeKey"`
	Value   struct {
		Message string `json:"message"`
	} `json:"value"`
	// The PAT service: PatTokenResult (tokens.json 7.1; the message is 7.2).
	PATError   string `json:"patTokenError"`
	PATMessage string `json:"patTokenErrorMessage"`
	// IoT Central: Error (iotcentral.json 2022-07-31).
	Error struct {
		Code      string `json:"code"`
		Message   string `json:"message"`
		RequestID string `json:"requestId"`
	} `json:"error"`
}

// parseEnvelope reports whether text is JSON. A field of another type than
// expected stays empty: other services have such fields, too.
func parseEnvelope(text []byte) (envelope, bool) {
	var e envelope
	err := json.Unmarshal(text, &e)
	_, shape := errors.AsType[*json.UnmarshalTypeError](err)
	return e, err == nil || shape
}

func (e envelope) message() string {
	for _, m := range []string{e.Message, e.Value.Message, e.Error.Message} {
		if m != "" {
			return m
		}
	}
	return ""
}

// refusesPAT: "none" is the service's word for success.
func (e envelope) refusesPAT() bool { return e.PATError != "" && e.PATError != "none" }

func patFault(what string, e envelope, secret forms) *fault.Error {
	message := e.PATMessage
	if message != "" {
		message = secret.clean(message)
	}
	f := fault.PAT(secret.word(e.PATError), message)
	f.Err = fmt.Errorf("%s: %w", what, f.Err)
	return f
}

// iot: IoT Central names its reasons in the body and in a header.
func (r refusal) iot(e envelope) *fault.Error {
	code := e.Error.Code
	if code == "" {
		code = strings.TrimSpace(r.header.Get("x-ms-error-code"))
	}
	if code == "" {
		return nil
	}
	f := fault.IoT(r.secret.word(code), r.secret.clean(e.message()))
	f.Err = fmt.Errorf("%s: %w", r.what, f.Err)
	return f
}

// identity: what Azure DevOps says about who asks, whatever the status.
func (r refusal) identity(e envelope) *fault.Error {
	message := e.message()
	switch {
	case e.TypeKey == "InvalidAccessException" && strings.HasPrefix(message, "Service principals"): // MicrosoftDocs/azure-docs#108847
		f := r.plain(fault.AppOnlyCredential, e)
		f.Exit = 1 // the service said so: the request was sent
		return f
	case strings.Contains(message, "Personal Access Token used has expired"): // AccessCheckException
		return r.plain(fault.CredentialRejected, e)
	case r.status == http.StatusBadRequest && (e.TypeKey == "AccessCheckException" || strings.HasPrefix(message, "TF50309")):
		return r.plain(fault.PermissionDenied, e)
	}
	return nil
}

// missing: which part of the address does not exist. A project that is gone is
// a 400 (VS800075) or a 404 (TF200016).
func (r refusal) missing(e envelope) *fault.Error {
	if r.status != http.StatusNotFound && r.status != http.StatusBadRequest {
		return nil
	}
	message := e.message()
	switch {
	case strings.HasPrefix(e.TypeKey, "ProjectDoesNotExist"), strings.HasPrefix(message, "TF200016"), strings.HasPrefix(message, "VS800075"):
		return r.plain(fault.ProjectNotFound, e)
	case namesOrganization(e.TypeKey):
		return r.plain(fault.OrganizationNotFound, e)
	}
	return nil
}

// namesOrganization: to Azure DevOps an organization is a service host.
func namesOrganization(typeKey string) bool {
	if strings.Contains(typeKey, "HostDoesNotExist") {
		return true
	}
	return strings.HasPrefix(typeKey, "Organization") &&
		(strings.Contains(typeKey, "DoesNotExist") || strings.Contains(typeKey, "NotFound"))
}
