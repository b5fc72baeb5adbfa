package fault

import (
	"maps"
	"slices"
	"sync"
)

// The codes that every service shares. Codes for a single service (pat-…, iot-…) are
// in package client.
const (
	InvalidInput         Code = "invalid-input"
	MissingCredential    Code = "missing-credential"
	WrongCredentialKind  Code = "wrong-credential-kind"
	AppOnlyCredential    Code = "app-only-credential"
	WrongAudience        Code = "wrong-audience"
	CredentialExpired    Code = "credential-expired"
	CredentialRejected   Code = "credential-rejected"
	PermissionDenied     Code = "permission-denied"
	OrganizationNotFound Code = "organization-not-found"
	ProjectNotFound      Code = "project-not-found"
	ResourceNotFound     Code = "resource-not-found"
	PipelineNotFound     Code = "pipeline-not-found"
	AmbiguousName        Code = "ambiguous-name"
	TokenExists          Code = "token-exists"
	RateLimited          Code = "rate-limited"
	ServiceUnavailable   Code = "service-unavailable"
	Network              Code = "network"
	TLS                  Code = "tls"
	Timeout              Code = "timeout"
	BadResponse          Code = "bad-response"
	RequestRefused       Code = "request-refused"
	OutputFailed         Code = "output-failed"
	NotAuthorized        Code = "not-authorized"
	PolicyViolation      Code = "policy-violation"
	RevokeFailed         Code = "revoke-failed"
	Cancelled            Code = "cancelled"
)

// meaning describes a code: its exit code (0 stands for 1), its explanation in
// docs/errors.md, and the hint to print when the error has none of its own.
type meaning struct {
	exit int
	text string
	hint string
}

// Pages is the address of the documentation. Users of the program have no copy of
// the repository.
const Pages = "https://github.com/azstep/azstep/blob/main/docs/"

// LookUp tells the user where a code is explained.
func LookUp(c Code) string {
	return "see " + Pages + "errors.md#" + string(c) + "; if the code is not listed, open an issue and include the request id"
}

// table is built on first use, so that start-up does not pay for it.
var table = sync.OnceValue(func() map[Code]meaning {
	return map[Code]meaning{
		InvalidInput: {2, "An input is missing or wrong. Nothing was sent.",
			"correct the inputs named; `azstep help OPERATION` lists them"},
		MissingCredential: {2, "No credential was found for the operation. Nothing was sent.",
			"set the input credential, or the inputs of another way to authenticate: `azstep help` lists them under `auth`"},
		WrongCredentialKind: {2, "The API does not accept this kind of credential. Nothing was sent.",
			"pass a credential of the kind that the message names"},
		AppOnlyCredential: {2, "The credential belongs to an application (a service principal or managed identity), but only users can manage PATs. Nothing was sent.",
			"pass a user's Entra token (credential) or refresh token (refresh-token, from `azstep login`); or use mint-entra-token, which applications can use"},
		WrongAudience: {2, "The Entra token was issued for another service. Nothing was sent.",
			"get a token for the audience that the message names"},
		CredentialExpired: {2, "The credential has expired. Nothing was sent.",
			"get a new token right before this step"},
		CredentialRejected: {1, "The service does not accept the credential: 401, 203, a sign-in page, or a redirect to one.",
			"check that the credential has not expired or been revoked, and that its user belongs to the organization and its tenant"},
		PermissionDenied: {1, "The credential is valid but does not have the required permission (403).",
			"ask an administrator of the organization or project for the permission that the message names"},
		OrganizationNotFound: {1, "The organization does not exist, or the credential has no access to it.",
			"check the input organization, and that the credential's user is a member"},
		ProjectNotFound: {1, "The project does not exist, or the credential has no access to it.",
			"check the input project, and that the credential's identity can read it"},
		ResourceNotFound: {1, "The resource that an input names does not exist, or the credential has no access to it.",
			"check the name or id, and that the credential's identity can read it"},
		PipelineNotFound: {1, "A pipeline that an input names does not exist in the project, or the credential has no access to it.",
			"check the input pipelines: an id, or a name with its folder (\\folder\\name)"},
		AmbiguousName: {1, "Several resources have that name, so azstep cannot tell which one you mean.",
			"use the id instead of the name"},
		TokenExists: {1, "An API token with this id already exists.",
			"remove token-id to get a unique id, or set `replace: true` to delete the existing token and create a new one"},
		RateLimited: {1, "The service refused further requests (429), or asked azstep to wait longer than the timeout allows.",
			"run fewer steps at the same time, or increase the input timeout"},
		ServiceUnavailable: {1, "The service answered every attempt with a server error (5xx).",
			"run the step again later; if the error persists, check the service's status page"},
		Network: {1, "The service could not be reached, or the connection broke.",
			"check DNS, firewall and HTTPS_PROXY between the runner and the host that the message names"},
		TLS: {1, "The TLS connection failed: the certificate is not trusted, has expired, or is for another name.",
			"behind a proxy that replaces certificates, pass its root certificate in the input ca-file"},
		Timeout: {1, "azstep needed longer than the input timeout allows.",
			"increase the input timeout, or find out why the service is slow"},
		BadResponse: {1, "The service's response does not match its documentation.",
			"check that the input organization or the input application points to the service and not to a proxy or a portal; if it does, open an issue and include the request id"},
		RequestRefused: {1, "The service refused the request (4xx) without giving a reason.",
			"ask the service's support for the reason, and give them the request id"},
		OutputFailed: {1, "Outputs, state or environment could not be written. Anything that azstep had created was revoked.",
			"check that the host's files are mounted and writable, and that the disk has free space"},
		NotAuthorized: {3, "A pipeline that the step checks is not permitted to use the resource.",
			"an administrator of the resource can permit the pipeline: the resource's page > Pipeline permissions"},
		PolicyViolation: {3, "The check found violations of the policy.",
			"correct what each violation in the log or the report describes, or change the policy"},
		RevokeFailed: {1, "A credential that should have been revoked may still be valid.",
			"revoke it manually: Azure DevOps > User settings > Personal access tokens, or IoT Central > Permissions > API tokens"},
		Cancelled: {1, "The step was stopped (SIGINT or SIGTERM).",
			"run the step again if you did not mean to stop it"},
	}
})

// Codes lists every shared code, sorted. Codes for a single service are not
// included.
func Codes() []Code { return slices.Sorted(maps.Keys(table())) }

// Meaning returns the explanation of a code and its default hint. Both are empty for
// a code that is not in the table.
func Meaning(c Code) (text, hint string) { return table()[c].text, table()[c].hint }
