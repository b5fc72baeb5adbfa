package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

// endpoint is the type of service connections.
const endpoint = "endpoint"

// Types lists the resource types, named as in the pipeline permission API.
func Types() []string {
	return []string{endpoint, "queue", "variablegroup", "environment", "repository", "securefile"}
}

// IsType reports whether t is one of them, in lower case.
func IsType(t string) bool { return slices.Contains(Types(), t) }

// ParseID parses the id of a resource and returns it as the API writes it. If text
// cannot be an id, ok is false and want describes a valid one.
func ParseID(resourceType, text string) (id, want string, ok bool) {
	id = strings.ToLower(text)
	switch resourceType {
	case endpoint, "securefile":
		return id, "a GUID", pattern.IsGUID(id)
	case "repository":
		first, second, whole := strings.Cut(id, ".")
		return id, "a GUID, or projectId.repositoryId, both GUIDs", pattern.IsGUID(first) && (!whole || pattern.IsGUID(second))
	}
	n, isNumber := ParseNumber(text)
	return strconv.Itoa(n), "a number", isNumber
}

// ParseNumber parses a number such as the id of a pipeline: above 0, 32 bits
// (pipelinePermissions.json 7.1, PipelinePermission).
func ParseNumber(text string) (int, bool) {
	n, err := strconv.ParseInt(text, 10, 32)
	return int(n), err == nil && n > 0 && text[0] != '+'
}
