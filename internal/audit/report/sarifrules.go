package report

import (
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
)

// information is the address of the tool, for whoever reads a report.
const information = "https://github.com/azstep/azstep"

// header is a SARIF report up to its results. The id tells code scanning which
// earlier report this one replaces: each shard's own.
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
			"The policy lists a pipeline that may not use the resource: its next run waits for a permission, or fails.",
			"Permit the pipeline (the resource's page > Pipeline permissions), or take it off the rule.", "2.0"},
		{policy.NotListed, "PipelineNotListed", "A pipeline may use a resource that is not its own",
			"The rule is exclusive, and a pipeline that it does not list may use the resource.",
			"Take the permission away (the resource's page > Pipeline permissions), or add the pipeline to the rule.", "7.0"},
		{policy.OpenAccess, "OpenAccessForbidden", "Open access lets every pipeline use a resource",
			"The resource is open to all pipelines of the project, whatever its list of pipelines says.",
			"Restrict the resource (the resource's page > Pipeline permissions), or set open-access: allowed in the rule.", "8.0"},
		{policy.NoOpenAccess, "OpenAccessRequired", "A resource that must be open to all pipelines is not",
			"The rule requires open access, and the resource has none: pipelines that are not listed wait for a permission.",
			"Open the resource (the resource's page > Pipeline permissions), or change the rule.", "2.0"},
		{policy.NoMatch, "RuleWithoutMatch", "A rule is about no resource",
			"No resource has the name or id that the rule gives, so that the rule checks nothing.",
			"Correct the rule's project, type and name or id, or delete it.", "4.0"},
	}
}

func indexOf(id policy.Kind) int {
	return slices.IndexFunc(kinds(), func(k kind) bool { return k.id == id })
}

// rule is a reportingDescriptor.
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
