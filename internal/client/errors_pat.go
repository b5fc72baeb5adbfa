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
		"accessDenied":               {"The user is not allowed to create PATs in this organization.", "check that organization is right and the token's user is a member with at least Basic access; an organization administrator sees the PAT policies under Organization settings > Policies"},
		"authorizationNotFound":      {"The organization has no PAT with this id.", "check organization and authorization-id; a PAT that no longer exists does not need to be revoked"},
		"deploymentHostNotSupported": {"The call did not name an organization.", "check the input organization"},
		"disablePatCreationPolicyViolation": {"The organization's policy restricts the creation of PATs (7.2).",
			"ask a Project Collection Administrator to put the user on the allowlist of 'Restrict personal access token creation' (Organization settings > Policies); if it allows only packaging scopes, request only those; or use mint-entra-token"},
		"displayNameRequired": {"The PAT has no name.", "set display-name"},
		"duplicateHash":       {"The service created a token that already exists.", "run the step again"},
		"expiredPatCannotBeExtended": {"An expired PAT cannot be extended (7.2).",
			"mint a new one"},
		"failedToIssueAccessToken":  {"The service could not issue the PAT.", "run the step again; if it keeps failing, give Azure DevOps support the request id"},
		"failedToReadOrgPolicy":     {"The service could not read the organization's policies (7.2).", "run the step again; if it keeps failing, ask a Project Collection Administrator to look at Organization settings > Policies"},
		"failedToReadTenantPolicy":  {"The service could not read the tenant's policies.", "run the step again; if it keeps failing, ask an Azure DevOps Administrator of the Entra tenant to look at the tenant's Azure DevOps policies"},
		"failedToUpdateAccessToken": {"The service could not update the PAT.", "run the step again"},
		"fullScopePatPolicyViolation": {"The tenant's policy forbids full-scope PATs.",
			"replace app_token with the scopes that the job needs; or ask an Azure DevOps Administrator of the Entra tenant to add the user to the allowlist of 'Restrict full-scoped personal access token creation'"},
		"globalPATCreationBlocked":  {"PATs for all organizations are retired (7.2).", "set `all-orgs: false`"},
		"globalPatPolicyViolation":  {"The tenant's policy forbids PATs for all organizations.", "set `all-orgs: false`"},
		"hostAuthorizationNotFound": {"The organization does not know this user's authorization.", "check that organization is right and the token's user is a member"},
		"invalidAudience":           {"The Entra token was issued for another service.", "get a token for 499b84ac-1321-427f-aa17-267ca6975798/.default (Azure DevOps)"},
		"invalidAuthorizationId":    {"The authorization id is not a valid id.", "check authorization-id: it is a GUID, an output of mint-pat"},
		"invalidClient":             {"The service does not accept the app registration that requested the Entra token.", "use an app registration that has the delegated permissions vso.pats and vso.pats_manage, with admin consent"},
		"invalidClientId":           {"The service does not accept the app registration that requested the Entra token.", "check client-id: use an app registration that has the delegated permissions vso.pats and vso.pats_manage"},
		"invalidClientType":         {"The app registration that requested the Entra token is of a kind that cannot create PATs.", "use an app registration of your own with the delegated permissions vso.pats and vso.pats_manage"},
		"invalidDisplayName":        {"The service does not accept the PAT's name.", "shorten display-name and use plain characters"},
		"invalidScope":              {"A scope is unknown or cannot be combined with the others.", "check `scopes` against https://learn.microsoft.com/azure/devops/integrate/get-started/authentication/oauth#scopes; app_token cannot be combined with others"},
		"invalidSource":             {"The service does not accept requests from this location.", "ask an Entra administrator which networks conditional access allows, and run the job in one of them"},
		"invalidSourceIP":           {"The service does not accept requests from this IP address.", "ask an Entra administrator which addresses conditional access allows, and run the job on a runner that has one"},
		"invalidSubject":            {"The Entra token's subject cannot create PATs.", "use a user's token; service principals and managed identities cannot create PATs"},
		"invalidTargetAccounts":     {"The organizations that the PAT was requested for are not valid.", "check organization and set `all-orgs: false`"},
		"invalidToken":              {"The service does not understand the Entra token.", "get a new token for 499b84ac-1321-427f-aa17-267ca6975798/.default as a user"},
		"invalidTokenType":          {"The service does not accept this kind of token.", "use a user's Entra token; a PAT cannot create a PAT"},
		"invalidUserId":             {"The token's user is not a user of Azure DevOps.", "sign in as a user of the organization; service principals and managed identities cannot create PATs"},
		"invalidUserType":           {"The token's identity is of a type that cannot create PATs.", "use a user's token; service principals and managed identities cannot create PATs"},
		"invalidValidTo":            {"The service does not accept the expiry.", "change `lifetime` to at most 365d, and check the runner's clock"},
		"patLifespanPolicyViolation": {"The tenant's policy forbids PATs with a lifetime this long.",
			"shorten lifetime; an Azure DevOps Administrator of the Entra tenant knows the limit ('Enforce maximum personal access token lifespan')"},
		"sourceNotSupported": {"The service does not accept requests from this location.", "run the job from a network that the organization's policies allow"},
		"sshPolicyDisabled":  {"The organization's policy forbids SSH authentication.", "an organization administrator can change it: Organization settings > Policies"},
		"tokenNotFound":      {"The organization has no such PAT.", "a PAT that no longer exists does not need to be revoked"},
		"userIdRequired":     {"The token names no user.", "use a user's token; service principals and managed identities cannot create PATs"},
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
	f := fault.New(patCode(value), "%s: the PAT service returned the error %s", a.What, value)
	f.Hints = []string{known.hint}
	if ok {
		f.Err = fmt.Errorf("%s: %s (%s)", a.What, strings.TrimSuffix(known.text, "."), value)
	} else {
		f.Hints = []string{"this version of azstep does not know this error: look it up in the documentation of the PATs REST API (SessionTokenError), and update azstep"}
	}
	if r.Message != "" {
		f.Err = fmt.Errorf("%w: %s", f.Err, a.Clean(r.Message))
	}
	return f
}

func patCode(value string) fault.Code { return "pat-" + fault.Code(kebab(value)) }
