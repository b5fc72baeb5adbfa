package client

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/azstep/azstep/internal/text"
)

// Characters that names in Azure DevOps must not contain (azure-devops-docs,
// naming-restrictions.md).
const (
	notInProjects  = `\/:*?"<>|;#${},+=[]%`
	notInPipelines = `/:*?"<>|`
	notInResources = `\/:*?"<>|` // of most types; see freeNames
)

// CheckProject rejects values that cannot be a project's name or id.
func CheckProject(value string) error {
	const input = "project"
	if err := checkWritten(input, value, notInProjects); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(value, "_"), strings.HasPrefix(value, "."), strings.HasSuffix(value, "."):
		return noName(input, value, "a project's name cannot begin with _, and cannot begin or end with a dot")
	case len(utf16.Encode([]rune(value))) > 64:
		return noName(input, value, "a project's name cannot have more than 64 characters")
	}
	return nil
}

// CheckPipeline rejects values that cannot be a pipeline's id, name, or name with
// folder.
func CheckPipeline(value string) error {
	const input = "pipelines"
	if strings.Contains(value, "/") && !strings.Contains(value, "://") {
		return noName(input, value, `write a pipeline's folders with backslashes: `+`\`+strings.Trim(strings.ReplaceAll(value, "/", `\`), `\`))
	}
	return checkWritten(input, value, notInPipelines)
}

// freeNames reports whether a type has no documented limits on names.
func freeNames(t ResourceType) bool { return t == Endpoint || t == VariableGroup }

// CheckResource rejects values that cannot be a resource's id or name.
func CheckResource(input string, t ResourceType, value string) error {
	odd := notInResources
	if freeNames(t) {
		odd = ""
	}
	if strings.ContainsAny(value, "*?") && !freeNames(t) && !strings.Contains(value, "://") {
		return noName(input, value, "globs are only allowed in a policy; name one resource, or write * for all of them")
	}
	return checkWritten(input, value, odd)
}

// checkWritten rejects a value whose characters cannot be part of a name, and says
// how to write it.
func checkWritten(input, value, odd string) error {
	if err := CheckSegment(input, value); err != nil {
		return err
	}
	if plain, ok := text.Unencoded(value); ok && !strings.ContainsAny(plain, odd) && CheckSegment(input, plain) == nil {
		return noName(input, value, "it looks percent-encoded: write "+plain)
	}
	if strings.Contains(value, "://") {
		return noName(input, value, "it is a URL: give only the name or the id")
	}
	if strings.ContainsAny(value, odd) {
		return noName(input, value, "its name cannot contain any of "+strings.Join(strings.Split(odd, ""), " "))
	}
	return nil
}

func noName(input, value, hint string) error {
	return wrong(input, value, input+": "+hint, fmt.Errorf("it is not a valid name"))
}
