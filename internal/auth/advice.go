package auth

import (
	"net/http"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// gitHubAdvice explains the statuses of GitHub's endpoint.
func gitHubAdvice(a answer) refusal {
	permission := "give the job `permissions: id-token: write`; a reusable workflow needs it in the caller, too"
	switch {
	case a.status == http.StatusUnauthorized || a.signIn():
		return refusal{code: fault.CredentialRejected, text: "the job's request token is not accepted", hints: []string{
			"ask from the job that the token was given to, while it runs: " + varGitHubToken + " ends with the job", permission,
		}}
	case a.status == http.StatusForbidden:
		return refusal{code: fault.PermissionDenied, text: "the job may not ask for an id token", hints: []string{permission}}
	case a.status == http.StatusNotFound:
		return refusal{code: fault.ResourceNotFound, text: "there is no such endpoint for this job", hints: []string{
			varGitHubURL + " must be the one of this job; on GitHub Enterprise Server an administrator enables OIDC for GitHub Actions",
		}}
	}
	return refusal{code: fault.RequestRefused, text: "no id token was issued", hints: []string{permission}}
}

// pipelinesAdvice explains the statuses of Azure Pipelines' endpoint. It says
// 400 of connections that it does not know and of those that the pipeline does
// not refer to, and tells them apart by text alone.
func pipelinesAdvice(connection string) func(answer) refusal {
	const (
		check     = "check service-connection-id: resourceId in the address of the connection's page, in this pipeline's project"
		permit    = "an administrator of the service connection permits the pipeline: Project settings > Service connections > the connection > Security > Pipeline permissions"
		reference = "the same stage must refer to the connection by name, for instance as azureSubscription of a task such as AzureCLI@2"
		kind      = "the connection must be an Azure Resource Manager connection with workload identity federation: Project settings > Service connections"
	)
	return func(a answer) refusal {
		said := strings.ToLower(a.said())
		switch {
		case a.status == http.StatusUnauthorized || a.signIn():
			return refusal{code: fault.CredentialRejected, text: "SYSTEM_ACCESSTOKEN is not accepted", hints: []string{
				mapJobToken + "; the token ends with the job", permit,
			}}
		case a.status == http.StatusForbidden || strings.Contains(said, "no explicit reference"):
			return refusal{code: fault.PermissionDenied, text: "the pipeline may not use service connection " + connection, hints: []string{reference, permit}}
		case a.status == http.StatusNotFound || strings.Contains(said, "no service connection found"):
			return refusal{code: fault.ResourceNotFound, text: "there is no service connection " + connection + " that the pipeline may use", hints: []string{check, permit, reference}}
		}
		return refusal{code: fault.RequestRefused, text: "no assertion was issued for service connection " + connection, hints: []string{kind, check, reference}}
	}
}

// signIn says that the answer is, or leads to, a page where a person would sign
// in: that is how Azure DevOps turns away a token it does not know.
func (a answer) signIn() bool {
	return a.status == http.StatusNonAuthoritativeInfo || a.status >= 300 && a.status < 400
}
