package host

import (
	"encoding/json"
	"slices"
	"strings"
)

// booleans, and the other functions below, list outputs that are not strings in
// JSON. All others are strings, including times and ids. docs/outputs.schema.json
// says the same, and a test compares it with these lists.
func booleans() []string {
	return []string{"created", "updated", "authorized", "all-pipelines", "truncated", "changed"}
}

func numbers() []string { return []string{"violations", "revoked", "clock-skew"} }

func arrays() []string {
	return []string{"target-accounts", "roles", "authorized-pipelines", "missing-pipelines", "report", "added", "removed", "drift"}
}

// JSONType returns the type of an output in JSON on a laptop: boolean, number, array
// or string.
func JSONType(output string) string {
	switch {
	case slices.Contains(booleans(), output):
		return "boolean"
	case slices.Contains(numbers(), output):
		return "number"
	case slices.Contains(arrays(), output):
		return "array"
	}
	return "string"
}

// json returns the value as JSON in ASCII and without #, which begins the commands
// of Azure Pipelines. A value that does not have its output's type becomes a string.
func (o Output) json() string {
	opening := map[string]string{"boolean": "tf", "number": "-0123456789", "array": "["}[JSONType(o.Name)]
	if o.Value == "" || !strings.ContainsRune(opening, rune(o.Value[0])) || !json.Valid([]byte(o.Value)) {
		return quote(o.Value)
	}
	return quiet(o.Value)
}

// quiet escapes # and everything that is not ASCII. In valid JSON both occur only in
// strings.
func quiet(text string) string {
	if !strings.ContainsFunc(text, isLoud) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isLoud(r) {
			b.WriteString(escapes(r))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isLoud(r rune) bool { return r < ' ' || r > '~' || r == '#' }
