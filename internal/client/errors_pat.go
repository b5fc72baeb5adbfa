package client

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// patErrors lists the values of SessionTokenError in the API description of the PAT
// service (7.1 and, where marked, 7.2), each with its meaning and with who can
// change what. "none" means success and is not in the list.
var patErrors = sync.OnceValue(func() map[string]patError {
	return map[string]patError{
		"accessDenied":               {"The user may not create PATs in this organization.", "check that organization is right and the token's user is a member with at least Basic access; an organization administrator sees the PAT policies under Organization settings > Policies"},
		"authorizationNotFound":      {"The organization has no PAT with this id.", "check organization and authorization-id; a PAT that is gone needs no revoking"},
		"deploymentHostNotSupported": {"The call did not name an organization.", "check the input organization"},
		"disablePatCreationPolicyViolation": {"The organization's policy restricts the creation of PATs (7.2).",
			"ask a Project Collection Administrator to put the user on the allowlist of 'Restrict personal access token creation' (Organization settings > Policies); where it allows packaging scopes only, ask for those; or use mint-entra-token"},
		"displayNameRequired": {"The PAT has no name.", "set display-name"},
		"duplicateHash":       {"The service made a token that exists already.", "run the step again"},
		"expiredPatCannotBeExtended": {"An expired PAT cannot be extended (7.2).",
			"mint a new one"},
		"failedToIssueAccessToken":  {"The service could not issue the PAT.", "run the step again; if it lasts, give Azure DevOps support the request id"},
		"failedToReadOrgPolicy":     {"The service could not read the organization's policies (7.2).", "run the step again; if it lasts, ask a Project Collection Administrator to look at Organization settings > Policies"},
		"failedToReadTenantPolicy":  {"The service could not read the tenant's policies.", "run the step again; if it lasts, ask an Azure DevOps Administrator of the Entra tenant to look at the tenant's Azure DevOps policies"},
		"failedToUpdateAccessToken": {"The service could not update the PAT.", "run the step again"},
		"fullScopePatPolicyViolation": {"The tenant's policy forbids full-scope PATs.",
			"replace app_token by the scopes that the job needs; or ask an Azure DevOps Administrator of the Entra tenant for the allowlist of 'Restrict full-scoped personal access token creation'"},
		"globalPATCreationBlocked":  {"PATs for all organizations are retired (7.2).", "set `all-orgs: false`"},
		"globalPatPolicyViolation":  {"The tenant's policy forbids PATs for all organizations.", "set `all-orgs: false`"},
		"hostAuthorizationNotFound": {"The organization does not know this user's authorization.", "check that organization is right and the token's user is a member"},
		"invalidAudience":           {"The Entra token was issued for another service.", "get a token for 499b84ac-1321-427f-aa17-267ca6975798/.default (Azure DevOps)"},
		"invalidAuthorizationId":    {"The authorization id is not a valid id.", "check authorization-id: a GUID, the output of mint-pat"},
		"invalidClient":             {"The app registration that got the Entra token is refused.", "use an app registration with the delegated permissions vso.pats and vso.pats_manage, with consent"},
		"invalidClientId":           {"The app registration that got the Entra token is refused.", "check client-id: an app registration with the delegated permissions vso.pats and vso.pats_manage"},
		"invalidClientType":         {"The app registration that got the Entra token is of a kind that may not create PATs.", "use an app registration of your own with the delegated permissions vso.pats and vso.pats_manage"},
		"invalidDisplayName":        {"The service refuses the PAT's name.", "shorten display-name and use plain characters"},
		"invalidScope":              {"A scope is unknown or cannot be combined with the others.", "check `scopes` against https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#scopes; app_token cannot be combined with others"},
		"invalidSource":             {"The service refuses the place that the request came from.", "ask an Entra administrator which networks conditional access allows, and run the job there"},
		"invalidSourceIP":           {"The service refuses the address that the request came from.", "ask an Entra administrator which addresses conditional access allows, and run the job on a runner that has one"},
		"invalidSubject":            {"The Entra token's subject may not create PATs.", "give a user's token; a service principal or managed identity cannot create PATs"},
		"invalidTargetAccounts":     {"The organizations that the PAT was asked for are not valid.", "check organization and set `all-orgs: false`"},
		"invalidToken":              {"The service does not understand the Entra token.", "get a new token for 499b84ac-1321-427f-aa17-267ca6975798/.default as a user"},
		"invalidTokenType":          {"The service does not take this kind of token here.", "give a user's Entra token; a PAT cannot create a PAT"},
		"invalidUserId":             {"The token's user is not a user of Azure DevOps.", "sign in as a user of the organization; a service principal or managed identity cannot create PATs"},
		"invalidUserType":           {"The token's identity is of a type that may not create PATs.", "give a user's token; a service principal or managed identity cannot create PATs"},
		"invalidValidTo":            {"The service refuses the expiry.", "change `lifetime` to at most 365d, and check the runner's clock"},
		"patLifespanPolicyViolation": {"The tenant's policy forbids PATs that live this long.",
			"shorten lifetime; an Azure DevOps Administrator of the Entra tenant knows the limit ('Enforce maximum personal access token lifespan')"},
		"sourceNotSupported": {"The service refuses the place that the request came from.", "run the job from a network that the organization's policies allow"},
		"sshPolicyDisabled":  {"The organization's policy forbids SSH authentication.", "an organization administrator can change it: Organization settings > Policies"},
		"tokenNotFound":      {"The organization has no such PAT.", "a PAT that is gone needs no revoking"},
		"userIdRequired":     {"The token names no user.", "give a user's token; a service principal or managed identity cannot create PATs"},
	}
})

type patError struct{ text, hint string }

// PATError describes an error of the PAT service, for the documentation.
type PATError struct {
	Code       fault.Code
	Text, Hint string
}

// PATErrors lists all known errors of the PAT service, sorted by code.
func PATErrors() []PATError {
	var all []PATError
	for value, e := range patErrors() {
		all = append(all, PATError{patCode(value), e.text, e.hint})
	}
	slices.SortFunc(all, func(a, b PATError) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return all
}

// patResult is how the PAT service reports errors, whatever the status:
// PatTokenResult (tokens.json 7.1; the message was added in 7.2).
type patResult struct {
	Error   string `json:"patTokenError"`
	Message string `json:"patTokenErrorMessage"`
}

// refusedPAT interprets the responses of the PAT service.
func refusedPAT(missing fault.Code) func(transport.Answer) *fault.Error {
	return func(a transport.Answer) *fault.Error {
		var r patResult
		a.Decode(&r)
		if f := r.Refused(a); f != nil {
			return f
		}
		return refused(a, missing)
	}
}

// Refused returns the error in the result, or nil for "none", which means success.
func (r *patResult) Refused(a transport.Answer) *fault.Error {
	if r.Error == "" || r.Error == "none" {
		return nil
	}
	return r.fault(a)
}

// fault returns the Error for a patTokenError value other than "none", whether or
// not it is known.
func (r *patResult) fault(a transport.Answer) *fault.Error {
	value := a.Word(r.Error)
	known, ok := patErrors()[value]
	f := fault.New(patCode(value), "%s: the PAT service refused with %s", a.What, value)
	f.Hints = []string{known.hint}
	if ok {
		f.Err = fmt.Errorf("%s: %s (%s)", a.What, strings.TrimSuffix(known.text, "."), value)
	} else {
		f.Hints = []string{"this value is newer than this azstep: look for it in the documentation of the PATs REST API (SessionTokenError), and update azstep"}
	}
	if r.Message != "" {
		f.Err = fmt.Errorf("%w: %s", f.Err, a.Clean(r.Message))
	}
	return f
}

func patCode(value string) fault.Code { return "pat-" + fault.Code(kebab(value)) }
