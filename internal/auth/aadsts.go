package auth

import (
	"slices"
	"strings"

	"azstep/internal/fault"
)

// refusal is what one or several of Entra's error numbers (AADSTS…) mean for a
// user of azstep: learn.microsoft.com, "Microsoft Entra authentication and
// authorization error codes". In text and hints, {app}, {client}, {tenant},
// {scope}, {issuer}, {subject} and {audience} are filled in.
type refusal struct {
	numbers []int
	code    fault.Code
	text    string
	hints   []string
}

const signInAgain = "sign in again with `azstep login` and store the new refresh-token"

func refusals() []refusal {
	return slices.Concat(applicationRefusals(), assertionRefusals(), userRefusals(), permissionRefusals())
}

func applicationRefusals() []refusal {
	return []refusal{
		{[]int{700016}, fault.CredentialRejected, "tenant {tenant} has no application {client}", []string{
			"check client-id (the application (client) id, not an object id) and tenant-id: both stand on the app registration's overview page in Entra",
		}},
		{[]int{90002, 900021, 900023}, fault.CredentialRejected, "there is no tenant {tenant}", []string{
			"check tenant-id; a tenant of a sovereign cloud also needs authority-host",
		}},
		{[]int{7000215}, fault.CredentialRejected, "the client secret of application {client} is wrong", []string{
			"client-secret must be the secret's value, not its id; an owner of the app registration can create a new one: Certificates & secrets",
			"github-oidc and azure-pipelines-oidc need no client secret at all",
		}},
		{[]int{7000222}, fault.CredentialRejected, "the client secret of application {client} has expired", []string{
			"an owner of the app registration can create a new one: Certificates & secrets; then change client-secret where it is stored",
			"github-oidc and azure-pipelines-oidc need no client secret at all",
		}},
		{[]int{7000218}, fault.CredentialRejected, "application {client} is confidential and must prove itself", []string{
			"set client-secret as well; or an owner of the app registration lets it be a public client: Authentication > Allow public client flows",
		}},
		{[]int{700025}, fault.CredentialRejected, "application {client} is a public client, and a client secret was sent", []string{
			"leave client-secret (AZURE_CLIENT_SECRET) out",
		}},
		{[]int{7000112}, fault.PermissionDenied, "application {client} is disabled in tenant {tenant}", []string{
			"an Entra administrator can enable it: Enterprise applications > Properties",
		}},
	}
}

func assertionRefusals() []refusal {
	return []refusal{
		{[]int{70021, 700211, 700212, 700213}, fault.CredentialRejected, "no federated credential of application {client} matches this job's assertion", []string{
			"an owner of the app registration adds one (Certificates & secrets > Federated credentials; for a managed identity: its own Federated credentials page) with exactly, upper and lower case too:",
			"issuer {issuer}",
			"subject {subject}",
			"audience {audience}",
			"a new federated credential takes some minutes to work",
		}},
		{[]int{700024}, fault.CredentialRejected, "the assertion is not valid at this moment", []string{
			"run the step again; if it lasts, set the runner's clock right",
		}},
	}
}

func userRefusals() []refusal {
	return []refusal{
		{[]int{70043, 700082, 700084, 70008, 70000, 50173, 50089, 50133}, fault.CredentialRejected, "the refresh token has expired or was revoked", []string{
			signInAgain + "; an Entra administrator sets how long sign-ins last (conditional access, sign-in frequency)",
		}},
		{[]int{50072, 50074, 50076, 50079}, fault.CredentialRejected, "multi-factor authentication is required", []string{
			signInAgain + ", with the second factor; an Entra administrator can change the conditional access policy for a dedicated user",
		}},
		{[]int{50020, 50034}, fault.CredentialRejected, "the user does not exist in tenant {tenant}", []string{
			"check tenant-id; an Entra administrator can invite a user of another tenant as a guest",
		}},
		{[]int{50053, 50055, 50057}, fault.CredentialRejected, "the user's account is locked or disabled, or its password has expired", []string{
			"an Entra administrator can enable the account; then " + signInAgain,
		}},
	}
}

func permissionRefusals() []refusal {
	return []refusal{
		{[]int{53000, 53001, 53002, 53003, 53004, 530032}, fault.PermissionDenied, "a conditional access policy blocks the sign-in", []string{
			"an Entra administrator sees which one under Sign-in logs, by the request id; run the job on a runner that the policy allows, or have the identity excluded",
		}},
		{[]int{65001, 65004, 650057, 90094, 90095}, fault.PermissionDenied, "nobody has consented to what application {client} asks for", []string{
			"an Entra administrator grants it: App registrations > {client} > API permissions > Grant admin consent; for PATs the delegated permissions Azure DevOps vso.pats and vso.pats_manage",
		}},
		{[]int{50105, 501051}, fault.PermissionDenied, "the identity is not assigned to what it asks a token for", []string{
			"an Entra administrator assigns it: Enterprise applications > Users and groups",
		}},
		{[]int{500011, 650052}, fault.RequestRefused, "tenant {tenant} does not know the resource of the scope {scope}", []string{
			"check tenant-id, and resource where you set it; an Entra administrator may have to add the service to the tenant",
		}},
		{[]int{70011, 1002012, 28003}, fault.RequestRefused, "Entra does not take the scope {scope}", []string{
			"give resource as a v2 scope; where an application signs in it must end in /.default",
		}},
	}
}

// findRefusal looks an error number up.
func findRefusal(numbers []int) (refusal, bool) {
	for _, r := range refusals() {
		if slices.ContainsFunc(numbers, func(n int) bool { return slices.Contains(r.numbers, n) }) {
			return r, true
		}
	}
	return refusal{}, false
}

// filler puts the facts of this run into text and hints.
func (r registration) filler(told claims) *strings.Replacer {
	return strings.NewReplacer(
		"{client}", r.client, "{tenant}", r.tenant, "{scope}", clean(r.scope),
		"{issuer}", told.fact(told.issuer), "{subject}", told.fact(told.subject),
		"{audience}", told.fact(strings.Join(told.audience, " ")),
	)
}

func (c claims) fact(value string) string {
	if value == "" {
		return "(the assertion does not say)"
	}
	return clean(value)
}
