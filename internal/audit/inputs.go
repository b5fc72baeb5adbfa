package steps

import (
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// maxConcurrency is more than any service bears from one user.
const maxConcurrency = 256

// Validate checks what the fields do not know of each other.
func (c *checkPermissions) Validate() []error {
	problems := append(c.locate(), c.checkProjects()...)
	if c.Policy != "" {
		problems = append(problems, c.checkAlone()...)
	} else {
		problems = append(problems, c.checkResource()...)
	}
	for _, p := range c.listed() {
		if err := client.CheckSegment("pipelines", p); err != nil {
			problems = append(problems, err)
		}
	}
	if c.Concurrency > maxConcurrency {
		problems = append(problems, fault.Input("concurrency", "concurrency: at most 256; Azure DevOps slows down whoever asks more at once", "concurrency: %d is too many", c.Concurrency))
	}
	return append(problems, c.checkShard()...)
}

// checkProjects: one resource is in one project.
func (c *checkPermissions) checkProjects() (problems []error) {
	for _, p := range c.Project {
		if err := client.CheckSegment("project", p); err != nil {
			problems = append(problems, err)
		}
	}
	if !c.many() && (len(c.Project) != 1 || c.Project[0] == everything) {
		problems = append(problems, fault.Input("project", "project: one name or id; several, or *, go with a policy or resource-name: \"*\"", "project: a single resource is in one project"))
	}
	return problems
}

// checkAlone: a policy says itself which resources and pipelines it is about.
func (c *checkPermissions) checkAlone() (problems []error) {
	for _, other := range []struct{ name, value string }{
		{"resource-type", c.ResourceType}, {"resource-id", c.ResourceID}, {"resource-name", c.ResourceName}, {"pipelines", strings.Join(c.Pipelines, "")},
	} {
		if other.value != "" {
			problems = append(problems, fault.Input(other.name, other.name+": leave it out, or the policy", "%s: the policy says which resources and pipelines it is about", other.name))
		}
	}
	return problems
}

func (c *checkPermissions) checkResource() (problems []error) {
	switch t := string(c.kind()); {
	case t == "":
		problems = append(problems, input.Missing("resource-type"))
	case !policy.IsType(t):
		problems = append(problems, input.Wrong("resource-type", c.ResourceType, "one of "+strings.Join(policy.Types(), ", ")))
	default:
		problems = append(problems, c.checkID(t)...)
	}
	switch {
	case c.ResourceID == "" && c.ResourceName == "":
		problems = append(problems, fault.Input("resource-id", "set resource-id or resource-name, or policy", "resource-id or resource-name is required"))
	case c.ResourceID != "" && c.ResourceName != "":
		problems = append(problems, fault.Input("resource-id", "set one of resource-id and resource-name", "resource-id and resource-name name the resource twice"))
	}
	return problems
}

// checkID: a repository may go by its name, also as resource-id.
func (c *checkPermissions) checkID(resourceType string) []error {
	name, text := "resource-name", c.ResourceName
	if c.ResourceID != "" {
		name, text = "resource-id", c.ResourceID
	}
	if err := client.CheckSegment(name, text); err != nil {
		return []error{err}
	}
	if c.ResourceID == "" || resourceType == string(client.Repository) {
		return nil
	}
	if _, want, ok := policy.ParseID(resourceType, text); !ok {
		return []error{input.Wrong(name, text, "the id of "+article(resourceType)+" is "+want)}
	}
	return nil
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}
