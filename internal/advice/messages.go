package advice

import (
	"slices"
	"strings"
)

// message says what numbers of Azure DevOps mean for a user of azstep, and who must
// change what. If several rows have the same number, the credential or the text
// decides: the first one that matches is used.
type message struct {
	numbers     []string
	credentials []Credential // empty means any
	says        string       // part of the text, or ""
	hints       []string
}

func (m message) has(number string) bool { return slices.Contains(m.numbers, number) }

func (m message) when(s Situation, text string) bool {
	return (len(m.credentials) == 0 || slices.Contains(m.credentials, s.Credential)) && strings.Contains(text, m.says)
}

// anonymous is the user that Azure DevOps names if it does not recognize the
// credential (Azure/azure-cli#29250).
const anonymous = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

const (
	addApplication = "an organization administrator must add the service principal or managed identity: Organization settings > Users > Add users, by the object id of its enterprise application"
	giveAccess     = "the same administrator must give it the access level Basic and add it to the project"
	signInOnce     = "sign in to the organization once in a browser as this user, and accept the terms"
	checkMember    = "an organization administrator must add the user: Organization settings > Users"
	checkTenant    = "check that the credential was issued in the tenant that the organization is connected to: Organization settings > Microsoft Entra"
	renewPAT       = "check that the PAT belongs to this organization and has not expired or been revoked: User settings > Personal access tokens"
)

// messages lists the numbers that users encounter. Sources: Azure DevOps' own texts
// as quoted in public reports (azure-cli#29250, coe-starter-kit#6694,
// azure-devops-auth-samples#52, AzureDevOpsDemoGenerator#925) and azure-devops-docs.
func messages() []message {
	return slices.Concat(whoAsks(), whatIsMissing(), theServiceItself())
}

// whoAsks lists the numbers about the identity and its permissions.
func whoAsks() []message {
	return []message{
		{numbers: []string{"TF401444"}, credentials: []Credential{Application}, hints: []string{
			"an organization administrator must add the service principal: Organization settings > Users > Add users; the last GUID in the message is its object id", giveAccess,
		}},
		{numbers: []string{"TF401444"}, credentials: []Credential{User, PAT, Unknown}, hints: []string{signInOnce, checkMember}},
		{numbers: []string{"VS403463"}, hints: []string{
			"an Entra administrator must change the conditional access policy that blocks the request, or exclude this identity; the sign-in logs name the policy",
			"or run the job from a network, or on a self-hosted runner, that the policy allows",
		}},
		{numbers: []string{"TF400813", "TF30063", "VS30063"}, credentials: []Credential{JobToken}, hints: []string{
			"a project administrator must give the build service the permission: the user PROJECT Build Service (ORGANIZATION) in Project settings > Permissions",
			"for another project or repository, turn off \"Limit job authorization scope\" in Project settings > Pipelines > Settings",
		}},
		{numbers: []string{"TF400813", "TF30063", "VS30063"}, credentials: []Credential{PAT}, hints: []string{renewPAT, "create it with the scopes that the operation needs"}},
		{numbers: []string{"TF400813"}, says: anonymous, hints: []string{
			"Azure DevOps did not recognize the credential: get a new token for Azure DevOps (audience 499b84ac-1321-427f-aa17-267ca6975798)", checkTenant,
		}},
		{numbers: []string{"TF400813", "TF30063", "VS30063"}, credentials: []Credential{Application}, hints: []string{addApplication, giveAccess}},
		{numbers: []string{"TF400813", "TF30063", "VS30063"}, hints: []string{
			"check that the credential has not expired or been revoked, and that its user is a member of the organization", checkTenant,
		}},
		{numbers: []string{"TF50309", "TF14044", "VS403316"}, hints: []string{
			"an administrator of the project must grant the permission that the message names: Project settings > Permissions",
		}},
		{numbers: []string{"TF400409"}, hints: []string{
			"an organization administrator must raise the access level of the identity to Basic: Organization settings > Users",
		}},
		{numbers: []string{"TF401027"}, hints: []string{
			"an administrator of the repository must grant the permission that the message names: Project settings > Repositories > Security",
		}},
	}
}

// whatIsMissing lists the numbers about things that do not exist.
func whatIsMissing() []message {
	return []message{
		{numbers: []string{"TF200016", "VS800075"}, hints: []string{
			"check the input `project`: use the name that Project settings > Overview shows, or the id; the credential's identity must have access to the project",
		}},
		{numbers: []string{"TF401019"}, hints: []string{
			"check the name or id of the repository, and that the credential's identity can read it: Project settings > Repositories > Security",
		}},
		{numbers: []string{"TF14045"}, hints: []string{
			"the service does not know this identity: check the organization and its tenant; it can take a few minutes until a new identity works",
		}},
	}
}

// theServiceItself lists the numbers about load and failures of the service.
func theServiceItself() []message {
	return []message{
		{numbers: []string{"TF400733"}, hints: []string{
			"run fewer steps at the same time with this user, or increase `timeout`; Organization settings > Usage shows the requests of each user",
		}},
		{numbers: []string{"TF400898", "TF401349", "TF400324"}, hints: []string{
			"run the step again; if it keeps failing, check https://status.dev.azure.com and give Azure DevOps support the request id",
		}},
	}
}
