package client

import (
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// devopsError is the error body of Azure DevOps: WrappedException, and
// WrappedImproperError in Value (azure-devops-go-api, azuredevops/models.go). A
// gateway in front of it uses its own format.
type devopsError struct {
	Message string `json:"message"`
	TypeKey string `json:"typeKey"`
	Value   struct {
		Message string `json:"message"`
	} `json:"value"`
	Gateway struct {
		Message string `json:"message"`
	} `json:"error"`
}

func (e devopsError) message() string {
	for _, m := range []string{e.Message, e.Value.Message, e.Gateway.Message} {
		if m != "" {
			return m
		}
	}
	return ""
}

// said returns the service's message, prepared for an error.
func (e devopsError) said(a transport.Answer) string {
	message := e.message()
	if message == "" {
		message = a.Text()
	}
	message = a.Clean(message)
	if e.TypeKey != "" {
		message += " (" + a.Word(e.TypeKey) + ")"
	}
	return strings.TrimSpace(message)
}

// refusedOr interprets responses of Azure DevOps. missing is the code for a 404
// without further details.
func refusedOr(missing fault.Code) func(transport.Answer) *fault.Error {
	return func(a transport.Answer) *fault.Error { return refused(a, missing) }
}

// refused says what a response of Azure DevOps means. The first rule that matches
// decides.
func refused(a transport.Answer, missing fault.Code) *fault.Error {
	var e devopsError
	a.Decode(&e)
	f := a.ByStatus(e.said(a))
	if !a.IsRefusal() {
		return f
	}
	for _, rule := range []func(devopsError, transport.Answer) fault.Code{identity, place} {
		if code := rule(e, a); code != "" {
			return explained(a.Fault(code, e.said(a)))
		}
	}
	f = tooOld(e, f)
	if f.Code == fault.ResourceNotFound {
		f.Code = missing
		// For an organization that does not exist, Azure DevOps returns a page,
		// whatever the request accepts. For anything else that is missing, it
		// returns an error in JSON.
		if a.IsPage() {
			f.Code = fault.OrganizationNotFound
		}
	}
	return f
}

// explained sets the exit code to 1, which applies to every error that comes after a
// request was sent.
func explained(f *fault.Error) *fault.Error {
	f.Exit = 1
	return f
}

// identity returns the code for errors about the caller's identity, whatever the
// status.
func identity(e devopsError, a transport.Answer) fault.Code {
	message := e.message()
	switch {
	case e.TypeKey == "InvalidAccessException" && strings.HasPrefix(message, "Service principals"): // MicrosoftDocs/azure-docs#108847
		return fault.AppOnlyCredential
	case strings.Contains(message, "Personal Access Token used has expired"): // AccessCheckException
		return fault.CredentialRejected
	case strings.HasPrefix(message, "VS403463"): // a conditional access policy
		return fault.PermissionDenied
	case a.Status == 400 && (e.TypeKey == "AccessCheckException" || strings.HasPrefix(message, "TF50309")):
		return fault.PermissionDenied
	}
	return ""
}

// place returns the code for the part of the address that does not exist. A deleted
// project is a 400 (VS800075) or a 404 (TF200016).
func place(e devopsError, a transport.Answer) fault.Code {
	if a.Status != 404 && a.Status != 400 {
		return ""
	}
	message := e.message()
	switch {
	case strings.HasPrefix(e.TypeKey, "ProjectDoesNotExist"), strings.HasPrefix(message, "TF200016"), strings.HasPrefix(message, "VS800075"):
		return fault.ProjectNotFound
	case namesOrganization(e.TypeKey):
		return fault.OrganizationNotFound
	}
	return ""
}

// namesOrganization reports whether the error is about the organization, which Azure
// DevOps calls a service host.
func namesOrganization(typeKey string) bool {
	if strings.Contains(typeKey, "HostDoesNotExist") {
		return true
	}
	return strings.HasPrefix(typeKey, "Organization") &&
		(strings.Contains(typeKey, "DoesNotExist") || strings.Contains(typeKey, "NotFound"))
}
