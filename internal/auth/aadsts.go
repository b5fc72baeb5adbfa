package auth

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/fault"
)

// refusal explains one or several of Entra's error numbers (AADSTS…) to a user of
// azstep: learn.microsoft.com, "Microsoft Entra authentication and authorization
// error codes". In text and hints, {client}, {tenant}, {scope}, {issuer}, {subject}
// and {audience} are replaced.
type refusal struct {
	numbers []int
	code    fault.Code
	text    string
	hints   []string
	quoted  bool // Entra's own message is more specific than text
}

func (r refusal) bears(number int) bool { return slices.Contains(r.numbers, number) }

const (
	signInAgain = "sign in again with `azstep login` and store the new refresh-token"
	newSecret   = "an owner of the app registration creates a new one (Certificates & secrets); then change client-secret where it is stored"
	noSecret    = "github-oidc and azure-pipelines-oidc need no client secret at all"
)

func refusals() []refusal {
	return slices.Concat(applicationRefusals(), assertionRefusals(), userRefusals(), permissionRefusals())
}

func applicationRefusals() []refusal {
	return []refusal{
		{numbers: []int{700016}, code: fault.CredentialRejected, text: "tenant {tenant} has no application {client}", hints: []string{
			"check client-id (the application (client) id, not an object id) and tenant-id: both are on the app registration's overview page",
		}},
		{numbers: []int{90002, 900021, 900023}, code: fault.CredentialRejected, text: "there is no tenant {tenant}", hints: []string{
			"check tenant-id; a tenant of a sovereign cloud also needs authority-host",
		}},
		{numbers: []int{7000215}, code: fault.CredentialRejected, text: "the client secret of application {client} is wrong", hints: []string{
			"client-secret must be the secret's value, not its id", newSecret, noSecret,
		}},
		{numbers: []int{7000222}, code: fault.CredentialRejected, text: "the client secret of application {client} has expired", hints: []string{
			newSecret, noSecret,
		}},
		{numbers: []int{7000218}, code: fault.CredentialRejected, text: "application {client} is confidential and must prove itself", hints: []string{
			"set client-secret as well; or an owner of the app registration lets it be a public client: Authentication > Allow public client flows",
		}},
		{numbers: []int{700025}, code: fault.CredentialRejected, text: "application {client} is a public client, and a client secret was sent", hints: []string{
			"leave client-secret (AZURE_CLIENT_SECRET) out",
		}},
		{numbers: []int{7000112}, code: fault.PermissionDenied, text: "application {client} is disabled in tenant {tenant}", hints: []string{
			"an Entra administrator can enable it: Enterprise applications > Properties",
		}},
	}
}

func assertionRefusals() []refusal {
	return []refusal{
		noMatch([]int{70021}, ""),
		noMatch([]int{700211}, "the issuer differs", "a GitHub Enterprise Server, ghe.com and a self-managed GitLab have issuers of their own; a service connection that was converted has another one than before, and so has a cluster that was made anew"),
		noMatch([]int{700212}, "the audience differs", "change `audience` to that of the federated credential; other clouds than the public one have audiences of their own"),
		noMatch([]int{700213}, "the subject differs", subjectCauses),
		noMatch([]int{7002138}, "the subject differs in upper and lower case alone"),
		{numbers: []int{700024}, code: fault.CredentialRejected, text: "the assertion is not valid at this moment", quoted: true, hints: []string{
			"run the step again; if it lasts, set the runner's clock right",
		}},
	}
}

// subjectCauses explains why a subject differs from the one that was entered.
const subjectCauses = "usual causes: GitHub puts the ids of owner and repository into the subject (repo:owner@1/name@2:…) for repositories made, renamed or moved since 2026-07-15; " +
	"a job with an environment has environment:NAME in place of the branch; another branch or tag, or pull_request; a renamed repository, project, connection or service account; upper and lower case"

// noMatch returns a refusal of an assertion, with the values that must be entered
// exactly.
func noMatch(numbers []int, what string, causes ...string) refusal {
	hints := []string{"an owner of the app registration adds one (Certificates & secrets > Federated credentials) with exactly this, upper and lower case too:"}
	if what != "" {
		hints[0] = what + ": " + hints[0]
	}
	hints = append(hints, "issuer {issuer}", "subject {subject}", "audience {audience}")
	hints = append(hints, causes...)
	return refusal{numbers: numbers, code: fault.CredentialRejected, text: "no federated credential of application {client} matches this job",
		hints: append(hints, "it takes some minutes to work; a managed identity has a page Federated credentials of its own")}
}

func userRefusals() []refusal {
	return []refusal{
		{numbers: []int{70043, 700082, 700084, 70008, 70000, 50173, 50089, 50133}, code: fault.CredentialRejected, text: "the refresh token has expired or was revoked", quoted: true, hints: []string{
			signInAgain, "an Entra administrator sets how long a sign-in lasts: conditional access, sign-in frequency",
		}},
		{numbers: []int{9002313}, code: fault.CredentialRejected, text: "the request is malformed; usually the refresh token is cut off, or was not issued for application {client} in tenant {tenant}", hints: []string{
			"give client-id and tenant-id as they were given to `azstep login`, and refresh-token whole", "or " + signInAgain,
		}},
		{numbers: []int{50072, 50074, 50076, 50079}, code: fault.CredentialRejected, text: "multi-factor authentication is required", hints: []string{
			signInAgain + ", with the second factor", "an Entra administrator can change the conditional access policy for a dedicated user",
		}},
		{numbers: []int{50020, 50034}, code: fault.CredentialRejected, text: "the user does not exist in tenant {tenant}", hints: []string{
			"check tenant-id; an Entra administrator can invite a user of another tenant as a guest",
		}},
		{numbers: []int{50053, 50055, 50057}, code: fault.CredentialRejected, text: "the user's account is locked or disabled, or its password has expired", quoted: true, hints: []string{
			"an Entra administrator can enable the account; then " + signInAgain,
		}},
	}
}

func permissionRefusals() []refusal {
	return []refusal{
		{numbers: []int{53000, 53001, 53002, 53003, 53004, 530032, 530033, 50199}, code: fault.PermissionDenied, text: "a conditional access policy blocks the sign-in", quoted: true, hints: []string{
			"an Entra administrator sees which policy under Sign-in logs, by the request id",
			"run the job on a runner that the policy allows, or have the identity excluded from it",
		}},
		{numbers: []int{65001, 65004, 650057, 90094, 90095}, code: fault.PermissionDenied, text: "nobody has consented to what application {client} asks for", hints: []string{
			"an Entra administrator grants it: App registrations > {client} > API permissions > Grant admin consent",
			"for PATs: the delegated permissions vso.pats and vso.pats_manage of Azure DevOps",
		}},
		{numbers: []int{50105, 501051}, code: fault.PermissionDenied, text: "the identity is not assigned to what it asks a token for", quoted: true, hints: []string{
			"an Entra administrator assigns it: Enterprise applications > Users and groups",
		}},
		{numbers: []int{500011, 650052}, code: fault.RequestRefused, text: "tenant {tenant} does not know the resource of the scope {scope}", hints: []string{
			"check tenant-id, and resource where you set it; an Entra administrator may have to add the service to the tenant",
		}},
		{numbers: []int{70011, 1002012, 28003}, code: fault.RequestRefused, text: "Entra does not take the scope {scope}", quoted: true, hints: []string{
			"give resource as a v2 scope; where an application signs in it must end in /.default",
		}},
	}
}

// findRefusal looks up an error number.
func findRefusal(numbers []int) (refusal, bool) {
	for _, r := range refusals() {
		if slices.ContainsFunc(numbers, r.bears) {
			return r, true
		}
	}
	return refusal{}, false
}

// filler inserts the facts of this run into text and hints.
func (r registration) filler(asserted claims) *strings.Replacer {
	return strings.NewReplacer(
		"{client}", r.client, "{tenant}", r.tenant, "{scope}", clean(r.scope),
		"{issuer}", asserted.fact(asserted.issuer), "{subject}", asserted.fact(asserted.subject),
		"{audience}", asserted.fact(strings.Join(asserted.audience, " ")),
	)
}

func (c claims) fact(value string) string {
	if value == "" {
		return "(the assertion has none)"
	}
	if len(value) <= maxFact && !strings.ContainsFunc(value, isUnseen) {
		return value
	}
	if len(value) > maxFact {
		return fmt.Sprintf("%q… (the first %d bytes of %d)", value[:maxFact], maxFact, len(value))
	}
	return fmt.Sprintf("%q (quoted, because it holds characters that cannot be printed)", value)
}

// maxFact exceeds the limit for an issuer, subject or audience of a federated
// credential (600 characters each), so that values to be copied are shown
// completely.
const maxFact = 2048

func isUnseen(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) }

// Explanation is azstep's explanation of some of Entra's error numbers (AADSTS…),
// for the documentation. In Text and Hints, {client}, {tenant}, {scope}, {issuer},
// {subject} and {audience} stand for the values of a run.
type Explanation struct {
	Numbers []int
	Code    fault.Code
	Text    string
	Hints   []string
}

// Explanations lists all of them, in the order of the table.
func Explanations() []Explanation {
	var all []Explanation
	for _, r := range refusals() {
		all = append(all, Explanation{r.numbers, r.code, r.text, r.hints})
	}
	return all
}
