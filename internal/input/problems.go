package input

import (
	"fmt"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// Missing is the problem of a required input that is not set.
func Missing(name string) *fault.Error {
	return fault.Input(name, "set the input "+name, "%s is required", name)
}

// Wrong is the problem of an input whose value is not what hint asks for.
func Wrong(name, value, hint string) *fault.Error {
	return fault.Input(name, name+": "+hint, "%s: %s is not valid", name, Quote(value))
}

// userInfo is what stands before the host of a URL, and what a password with a
// slash or a blank in it makes of that. It is nothing before an @ without a colon:
// role@organization.
var userInfo = pattern.New(`(?s)(//|:).*@`)

// maxQuoted is how many characters of a foreign value are shown.
const maxQuoted = 80

// Quote shows a foreign value in a message: in quotes, without what may be a
// password in a URL, and its end left out when it is long. Whoever prints it hides
// what may be half a secret before the "…".
func Quote(value string) string {
	value = userInfo.ReplaceAllString(value, "$1***@")
	if r := []rune(value); len(r) > maxQuoted {
		value = string(r[:maxQuoted]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
