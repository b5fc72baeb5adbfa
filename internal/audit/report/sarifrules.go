package report

import (
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
)

// information is the address of the tool that the report names.
const information = "https://github.com/azstep/azstep"

// header returns a SARIF report up to its results. Code scanning replaces an earlier
// report with the same id, so each shard has its own.
func header(shard string) string {
	id := "azstep-check-permissions/"
	if shard != "" {
		id += "shard-" + strings.ReplaceAll(shard, "/", "-of-") + "/"
	}
	driver := map[string]any{"name": "azstep", "informationUri": information, "rules": rules()}
	return `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{` +
		`"tool":{"driver":` + string(Encode(driver)) + `},` +
		`"automationDetails":{"id":` + string(Encode(id)) + `},` +
		`"columnKind":"utf16CodeUnits","results":[` + "\n"
}

// kind is a kind of violation with its description.
type kind struct {
	id                    policy.Kind
	name, short, full, do string
	severity              string // security-severity of code scanning: 0.1 to 10
}

func kinds() []kind {
	return []kind{
		{policy.NotAuthorized, "PipelineNotAuthorized", "A pipeline that must be authorized is not",
			"The policy lists a pipeline that is not permitted to use the resource: its next run waits for permission or fails.",
			"Permit the pipeline (the resource's page > Pipeline permissions), or remove it from the rule.", "2.0"},
		{policy.NotListed, "PipelineNotListed", "A pipeline that the rule does not list is authorized",
			"The rule is exclusive, but a pipeline that it does not list can use the resource.",
			"Remove the permission (the resource's page > Pipeline permissions), or add the pipeline to the rule.", "7.0"},
		{policy.OpenAccess, "OpenAccessForbidden", "Open access lets every pipeline use a resource",
			"The resource is open to all pipelines of the project, regardless of its list of pipelines.",
			"Restrict the resource (the resource's page > Pipeline permissions), or set open-access: allowed in the rule.", "8.0"},
		{policy.NoOpenAccess, "OpenAccessRequired", "A resource that must be open to all pipelines is not",
			"The rule requires open access, but the resource does not have it: pipelines that are not listed wait for permission.",
			"Open the resource (the resource's page > Pipeline permissions), or change the rule.", "2.0"},
		{policy.NoMatch, "RuleWithoutMatch", "A rule matches no resource",
			"No resource has the rule's name or id, so the rule checks nothing.",
			"Correct the rule's project, type and name or id, or delete it.", "4.0"},
		{policy.NoApproval, "ApprovalMissing", "A resource can be used without approval",
			"The rule requires an approval check, but the resource has none that is strict enough: permitted pipelines can use it without the required approval.",
			"Add an approval (the resource's page > Approvals and checks) with as many approvers as the rule requires; if the rule says requester: false, clear 'Allow approvers to approve their own runs'.", "6.0"},
		{policy.NoBranches, "BranchControlMissing", "Any branch can use a resource",
			"The rule requires a branch control, but the resource has none that is limited to the rule's branches: anyone who can push a branch can use it.",
			"Add a branch control (the resource's page > Approvals and checks) and list the rule's branches in full, such as refs/heads/main.", "7.0"},
		{policy.NotFederated, "SecretStored", "A service connection signs in with a stored secret",
			"The rule requires workload identity federation or a managed identity. A stored secret can be stolen, and must be rotated. A result of the level note means that the connection has no secret, but that the issuer of its tokens will be retired on 2027-07-01.",
			"Open the service connection and select Convert, or create a new one with workload identity federation.", "6.0"},
	}
}

func indexOf(id policy.Kind) int {
	return slices.IndexFunc(kinds(), func(k kind) bool { return k.id == id })
}

// rule is a reportingDescriptor of SARIF.
type rule struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Short      message        `json:"shortDescription"`
	Full       message        `json:"fullDescription"`
	Help       message        `json:"help"`
	HelpURI    string         `json:"helpUri"`
	Default    map[string]any `json:"defaultConfiguration"`
	Properties map[string]any `json:"properties"`
}

func rules() []rule {
	var all []rule
	for _, k := range kinds() {
		all = append(all, rule{
			ID: string(k.id), Name: k.name, Short: message{k.short}, Full: message{k.full}, Help: message{k.do},
			HelpURI:    information + "/blob/main/docs/policy.md",
			Default:    map[string]any{"level": "error"},
			Properties: map[string]any{"tags": []string{"security"}, "precision": "very-high", "problem.severity": "error", "security-severity": k.severity},
		})
	}
	return all
}
