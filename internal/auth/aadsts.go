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
	newSecret   = "an owner of the app registration must create a new secret (Certificates & secrets); then update client-secret in your secret store"
	noSecret    = "or sign in without a client secret: github-oidc or azure-pipelines-oidc"
)

func refusals() []refusal {
	return slices.Concat(applicationRefusals(), assertionRefusals(), userRefusals(), permissionRefusals())
}

func applicationRefusals() []refusal {
	return []refusal{
		{numbers: []int{700016}, code: fault.CredentialRejected, text: "tenant {tenant} has no application {client}", hints: []string{
			"check client-id (the application (client) id, not an object id) and tenant-id: both are on the app registration's overview page",
		}},
		{numbers: []int{90002, 900021, 900023}, code: fault.CredentialRejected, text: "tenant {tenant} does not exist", hints: []string{
			"check tenant-id; a tenant of a sovereign cloud also needs authority-host",
		}},
		{numbers: []int{7000215}, code: fault.CredentialRejected, text: "the client secret of application {client} is wrong", hints: []string{
			"client-secret must be the secret's value, not its id", newSecret, noSecret,
		}},
		{numbers: []int{7000222}, code: fault.CredentialRejected, text: "the client secret of application {client} has expired", hints: []string{
			newSecret, noSecret,
		}},
		{numbers: []int{7000218}, code: fault.CredentialRejected, text: "application {client} is a confidential client and requires a client secret", hints: []string{
			"set client-secret too; or an owner of the app registration can make it a public client: Authentication > Allow public client flows",
		}},
		{numbers: []int{700025}, code: fault.CredentialRejected, text: "application {client} is a public client, but a client secret was sent", hints: []string{
			"remove client-secret (AZURE_CLIENT_SECRET)",
		}},
		{numbers: []int{7000112}, code: fault.PermissionDenied, text: "application {client} is disabled in tenant {tenant}", hints: []string{
			"an Entra administrator can enable it: Enterprise applications > Properties",
		}},
	}
}

func assertionRefusals() []refusal {
	return []refusal{
		noMatch([]int{70021}, ""),
		noMatch([]int{700211}, "the issuer differs", "GitHub Enterprise Server, ghe.com and self-managed GitLab have their own issuers; the issuer changes when a service connection is converted or a cluster is recreated"),
		noMatch([]int{700212}, "the audience differs", "change `audience` to that of the federated credential; sovereign clouds have their own audiences"),
		noMatch([]int{700213}, "the subject differs", subjectCauses),
		noMatch([]int{7002138}, "the subject differs only in upper and lower case"),
		{numbers: []int{700024}, code: fault.CredentialRejected, text: "the assertion is not valid at this time", quoted: true, hints: []string{
			"run the step again; if it keeps failing, correct the runner's clock",
		}},
	}
}

// subjectCauses explains why a subject differs from the one that was entered.
const subjectCauses = "common causes: GitHub includes the ids of owner and repository in the subject (repo:owner@1/name@2:…) of repositories created, renamed or transferred since 2026-07-15; " +
	"a job with an environment has environment:NAME instead of the branch; another branch, tag or event; a renamed repository, project, connection or service account; a difference in upper and lower case"

// noMatch returns a refusal of an assertion, with the values that must be entered
// exactly.
func noMatch(numbers []int, what string, causes ...string) refusal {
	hints := []string{"an owner of the app registration must add a federated credential (Certificates & secrets > Federated credentials) with exactly these values, including upper and lower case:"}
	if what != "" {
		hints[0] = what + ": " + hints[0]
	}
	hints = append(hints, "issuer {issuer}", "subject {subject}", "audience {audience}")
	hints = append(hints, causes...)
	return refusal{numbers: numbers, code: fault.CredentialRejected, text: "no federated credential of application {client} matches this job",
		hints: append(hints, "a new federated credential takes a few minutes to work; for a managed identity, add it on the identity's own page Federated credentials")}
}

func userRefusals() []refusal {
	return []refusal{
		{numbers: []int{70043, 700082, 700084, 70008, 70000, 50173, 50089, 50133}, code: fault.CredentialRejected, text: "the refresh token has expired or was revoked", quoted: true, hints: []string{
			signInAgain, "an Entra administrator can change how long a sign-in lasts: conditional access, sign-in frequency",
		}},
		{numbers: []int{9002313}, code: fault.CredentialRejected, text: "the request is malformed; usually the refresh token is truncated, or was not issued for application {client} in tenant {tenant}", hints: []string{
			"set client-id and tenant-id to the values that you used with `azstep login`, and pass the complete refresh-token", "or " + signInAgain,
		}},
		{numbers: []int{50072, 50074, 50076, 50079}, code: fault.CredentialRejected, text: "multi-factor authentication is required", hints: []string{
			signInAgain + ", using the second factor", "an Entra administrator can change the conditional access policy for a dedicated user",
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
			"an Entra administrator can find the policy under Sign-in logs, by the request id",
			"run the job on a runner that the policy allows, or ask to exclude the identity from the policy",
		}},
		{numbers: []int{65001, 65004, 650057, 90094, 90095}, code: fault.PermissionDenied, text: "nobody has consented to the permissions that application {client} requests", hints: []string{
			"an Entra administrator must grant consent: App registrations > {client} > API permissions > Grant admin consent",
			"PATs require the delegated permissions vso.pats and vso.pats_manage of Azure DevOps",
		}},
		{numbers: []int{50105, 501051}, code: fault.PermissionDenied, text: "the identity is not assigned to the application that the token is for", quoted: true, hints: []string{
			"an Entra administrator must assign it: Enterprise applications > Users and groups",
		}},
		{numbers: []int{500011, 650052}, code: fault.RequestRefused, text: "tenant {tenant} does not know the resource of the scope {scope}", hints: []string{
			"check tenant-id, and resource if you set it; an Entra administrator may have to add the service to the tenant",
		}},
		{numbers: []int{70011, 1002012, 28003}, code: fault.RequestRefused, text: "Entra does not accept the scope {scope}", quoted: true, hints: []string{
			"set resource to a v2 scope; if an application signs in, it must end in /.default",
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
