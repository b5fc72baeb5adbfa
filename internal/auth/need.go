package auth

import "github.com/azstep/azstep/internal/pattern"

// Service is the service that a token is for.
type Service string

// The services. Entra stands for any other resource, named by Need.Scope.
const (
	AzureDevOps Service = "azure-devops"
	IoTCentral  Service = "iot-central"
	Entra       Service = "entra"
)

// Application ids of the services in every Entra tenant:
// learn.microsoft.com, "Use service principals and managed identities in Azure
// DevOps" and "Authenticate and authorize calls to the Azure IoT Central REST
// API".
const (
	azureDevOpsApp = "499b84ac-1321-427f-aa17-267ca6975798"
	iotCentralApp  = "9edfcdd9-0bc5-4bd4-b287-c3afc716aac7"
	iotCentralURI  = "https://apps.azureiotcentral.com"
)

// Need is what an operation requires of its credential.
type Need struct {
	Service  Service
	Scope    string // the v2 scope to request; if empty, the service's own
	UserOnly bool   // only a signed-in user is accepted, as in the PAT API
	// TokenOnly requires an Entra token to pass on. The input credential and the
	// tokens in the environment are ignored.
	TokenOnly bool
}

// scope returns the v2 scope to request from Entra.
func (n Need) scope() string {
	switch {
	case n.Scope != "":
		return n.Scope
	case n.Service == AzureDevOps:
		return azureDevOpsApp + "/.default"
	case n.Service == IoTCentral:
		return iotCentralURI + "/.default"
	}
	return ""
}

// scopeForm is one v2 scope: an application id or URI, and a permission.
var scopeForm = pattern.New(`^[!-~]+/[0-9A-Za-z._-]+$`)

// audiences returns the values of a token's aud claim that the service accepts, in
// lower case and without a trailing slash. If empty, any are accepted.
func (n Need) audiences() []string {
	switch n.Service {
	case AzureDevOps:
		return []string{azureDevOpsApp, "https://app.vssps.visualstudio.com"}
	case IoTCentral:
		return []string{iotCentralURI, iotCentralApp}
	}
	return nil
}

// takes reports whether the service accepts a credential of this kind.
func (n Need) takes(k Kind) bool {
	switch {
	case k == EntraToken:
		return true
	case n.UserOnly:
		return false
	case n.Service == AzureDevOps:
		return k == PAT || k == JobToken
	case n.Service == IoTCentral:
		return k == SAS
	}
	return false
}

// wants describes what the service accepts.
func (n Need) wants() string {
	switch {
	case n.UserOnly:
		return "a user's Entra token"
	case n.Service == AzureDevOps:
		return "an Entra token, a PAT or the job's token (SYSTEM_ACCESSTOKEN)"
	case n.Service == IoTCentral:
		return "an Entra token or an IoT Central API token (SharedAccessSignature …)"
	}
	return "an Entra token"
}

// String names the service for a message.
func (s Service) String() string {
	switch s {
	case AzureDevOps:
		return "Azure DevOps"
	case IoTCentral:
		return "IoT Central"
	}
	return "the resource"
}
