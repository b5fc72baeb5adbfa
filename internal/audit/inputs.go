package audit

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/text"
)

// Inputs say what a run checks: one resource, all resources of a type, or those in a
// policy; and what to do with the findings.
type Inputs struct {
	Project            input.List  `env:"PROJECT" required:"true" azure:"SYSTEM_TEAMPROJECT"`
	ResourceType       string      `env:"RESOURCE_TYPE"`
	ResourceID         string      `env:"RESOURCE_ID"`
	ResourceName       string      `env:"RESOURCE_NAME"`
	Pipelines          input.List  `env:"PIPELINES"`
	FailOnUnauthorized input.Bool  `env:"FAIL_ON_UNAUTHORIZED, default=true"`
	Policy             string      `env:"POLICY"`
	Concurrency        input.Count `env:"CONCURRENCY, default=8"`
	ReportFile         input.List  `env:"REPORT_FILE"`
	CompareWith        string      `env:"COMPARE_WITH"`
	Shard              string      `env:"SHARD"`

	rules       []policy.Rule // rules of the policy
	policyPlace string        // where the policy is in the checkout, or ""
	shard       shard
	baseline    *baseline
	reports     reports
}

// Offline describes a policy that was checked without any request, or is "" without
// a policy.
func (in *Inputs) Offline() string {
	if in.Policy == "" || len(in.rules) == 0 {
		return ""
	}
	return fmt.Sprintf("the policy is valid, with %s. Without a credential, azstep did not check whether its projects, resources and pipelines exist, or whether the rules are satisfied", text.Count(len(in.rules), "rule"))
}

func (in *Inputs) many() bool { return in.Policy != "" || in.ResourceName == everything }

// manyTimeout allows for thousands of requests and for the waits that the service
// asks for.
const manyTimeout = 30 * time.Minute

// DefaultTimeout is the default of the input timeout. one is the default for a run
// over a single resource.
func (in *Inputs) DefaultTimeout(one time.Duration) time.Duration {
	if in.many() {
		return manyTimeout
	}
	return one
}

// ForOne reports whether the run concerns a single resource.
func (in *Inputs) ForOne() bool { return !in.many() }

// maxConcurrency is more than any service accepts from one user.
const maxConcurrency = 256

// Problems returns violations of rules that concern several inputs. listed are the
// pipelines to check.
func (in *Inputs) Problems(listed []string) []error {
	problems := in.checkProjects()
	if in.Policy != "" {
		problems = append(problems, in.checkAlone()...)
	} else {
		problems = append(problems, in.checkResource()...)
	}
	for _, p := range listed {
		if err := client.CheckPipeline(p); err != nil {
			problems = append(problems, err)
		}
	}
	if in.Concurrency > maxConcurrency {
		problems = append(problems, fault.Input("concurrency", "concurrency: set it to at most 256; Azure DevOps slows down clients that send more requests at the same time", "concurrency: %d is too many", in.Concurrency))
	}
	return append(problems, in.checkShard()...)
}

// checkProjects checks that a single resource is in a single project.
func (in *Inputs) checkProjects() (problems []error) {
	for _, p := range in.Project {
		if err := checkProject(p); err != nil {
			problems = append(problems, err)
		}
	}
	if !in.many() && (len(in.Project) != 1 || in.Project[0] == everything) {
		problems = append(problems, fault.Input("project", "project: give one name or id; to use several, or *, set policy or resource-name: \"*\"", "project: a single resource belongs to one project"))
	}
	return problems
}

// checkProject checks a project name; everything (*) is handled elsewhere.
func checkProject(name string) error {
	if name == everything {
		return nil
	}
	return client.CheckProject(name)
}

// checkName checks an id or a name.
func (in *Inputs) checkName(input, given string) error {
	if given == everything && input == "resource-name" {
		return nil
	}
	return client.CheckResource(input, in.kind(), given)
}

// checkAlone rejects inputs that a policy already determines: resources and
// pipelines.
func (in *Inputs) checkAlone() (problems []error) {
	for _, other := range []struct{ name, value string }{
		{"resource-type", in.ResourceType}, {"resource-id", in.ResourceID}, {"resource-name", in.ResourceName}, {"pipelines", strings.Join(in.Pipelines, "")},
	} {
		if other.value != "" {
			problems = append(problems, besidePolicy(other.name))
		}
	}
	return problems
}

func besidePolicy(name string) error {
	return fault.Input(name, name+": remove it, or remove policy", "%s: the policy already names the resources and pipelines to check", name)
}

func (in *Inputs) checkResource() (problems []error) {
	switch t := string(in.kind()); {
	case t == "":
		problems = append(problems, input.Missing("resource-type"))
	case !policy.IsType(t):
		problems = append(problems, input.Wrong("resource-type", in.ResourceType, "one of "+strings.Join(policy.Types(), ", ")))
	default:
		problems = append(problems, in.checkID(t)...)
	}
	switch {
	case in.ResourceID == "" && in.ResourceName == "":
		problems = append(problems, fault.Input("resource-id", "set `resource-id` or `resource-name`, or `policy`", "resource-id or resource-name is required"))
	case in.ResourceID != "" && in.ResourceName != "":
		problems = append(problems, fault.Input("resource-id", "set either resource-id or resource-name", "resource-id and resource-name are both set"))
	}
	return problems
}

// checkID checks an id. For a repository, resource-id may also be a name.
func (in *Inputs) checkID(resourceType string) []error {
	name, given := "resource-name", in.ResourceName
	if in.ResourceID != "" {
		name, given = "resource-id", in.ResourceID
	}
	if err := in.checkName(name, given); err != nil {
		return []error{err}
	}
	if in.ResourceID == "" || resourceType == string(client.Repository) {
		return nil
	}
	if _, want, ok := policy.ParseID(resourceType, given); !ok {
		return []error{input.Wrong(name, given, "the id of "+text.WithArticle(resourceType)+" is "+want)}
	}
	return nil
}

func (in *Inputs) kind() client.ResourceType {
	return client.ResourceType(strings.ToLower(in.ResourceType))
}

// source returns the resources of the run. rule is what the inputs require of a
// resource if there is no policy.
func (in *Inputs) source(s *Site, rule policy.Rule) source {
	switch {
	case in.Policy != "":
		return &survey{site: s, projects: in.Project, rules: in.rules, shard: in.shard, baseline: in.baseline, ofPolicy: true}
	case in.many():
		rule.Type, rule.Name = string(in.kind()), everything
		return &survey{site: s, projects: in.Project, rules: []policy.Rule{rule}, shard: in.shard, baseline: in.baseline}
	}
	return &single{site: s, project: in.Project[0], kind: in.kind(), id: in.ResourceID, name: in.ResourceName, rule: rule}
}

// policyIsFile reports whether the policy is a path: a policy has several lines, a
// path has one.
func (in *Inputs) policyIsFile() bool {
	return in.Policy != "" && !strings.ContainsAny(in.Policy, "\r\n")
}

// Read reads the policy and the earlier report, and checks the names of the report
// files.
func (in *Inputs) Read(files Files) (problems []error) {
	for _, name := range in.ReportFile {
		problems = append(problems, in.checkReport(name)...)
	}
	if in.Policy != "" {
		problems = append(problems, in.readPolicy(files)...)
	}
	if in.CompareWith != "" {
		problems = append(problems, in.readBaseline(files)...)
	}
	return problems
}

func (in *Inputs) checkReport(name string) (problems []error) {
	if !slices.Contains(endings(), ending(name)) {
		problems = append(problems, input.Wrong("report-file", name, "name files that end in .json, .sarif or .html"))
	}
	if in.policyIsFile() && path.Clean(name) == path.Clean(in.Policy) {
		problems = append(problems, fault.Input("report-file", "report-file: choose another file name", "report-file: the report would overwrite the policy"))
	}
	return problems
}

func (in *Inputs) readPolicy(files Files) []error {
	content := []byte(in.Policy)
	if in.policyIsFile() {
		var err error
		if content, err = files.ReadFile("policy", in.Policy, policy.MaxSize); err != nil {
			return []error{err}
		}
		in.policyPlace = files.Place(in.Policy)
	}
	found, mistakes := policy.Parse(content)
	in.rules = found.Rules
	return mistakes
}

func (in *Inputs) readBaseline(files Files) []error {
	if ending(in.CompareWith) != endJSON {
		return []error{input.Wrong("compare-with", in.CompareWith, "name the .json report of an earlier run")}
	}
	content, err := files.ReadFile("compare-with", in.CompareWith, maxBaseline)
	if err == nil {
		in.baseline, err = parseBaseline(content)
		if err != nil {
			err = fault.Input("compare-with", "compare-with: name the .json file that an earlier run wrote (see the input report-file)", "compare-with: file %s: %w", input.Quote(in.CompareWith), err)
		}
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
