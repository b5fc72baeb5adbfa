package emulator

import (
	"fmt"
	"strings"
)

// Internals for the tests of this package.
var (
	PATTime = patTime
	Glob    = glob

	TeamNameProblem = teamNameProblem
	GUIDOf          = guidOf
)

// Places returns the routes of Azure DevOps, each with the ids of its locations:
// exactly one, except for discovery requests.
func Places() map[string][]string {
	found := map[string][]string{}
	for _, r := range routes() {
		switch r.area.(type) {
		case vssArea, discoveryArea:
		default:
			continue
		}
		found[r.pattern] = nil
		for _, l := range locations() {
			if locate(r.pattern, []location{l}) != nil {
				found[r.pattern] = append(found[r.pattern], l.id)
			}
		}
	}
	return found
}

// ControlRoutes returns the method and path of every control request.
func ControlRoutes() []string {
	var found []string
	for _, r := range routes() {
		if path, ok := strings.CutPrefix(r.pattern, controlPrefix); ok {
			found = append(found, r.method+" "+controlPrefix+path)
		}
	}
	return found
}

// LocationIDs returns the ids of all locations.
func LocationIDs() []string {
	var ids []string
	for _, l := range locations() {
		ids = append(ids, l.id)
	}
	return ids
}

// Version parses a version and formats the result.
func Version(text string) (string, bool) {
	v, err := parseVersion(text)
	out := fmt.Sprintf("%d.%d", v.major, v.minor)
	if v.preview {
		out += "-preview"
	}
	if v.resource > 0 {
		out += fmt.Sprintf(".%d", v.resource)
	}
	return out, err == nil
}
