package input

import (
	"fmt"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// Missing reports a required input that is not set.
func Missing(name string) *fault.Error {
	return fault.Input(name, "set the input "+name, "%s is required", name)
}

// Wrong reports an input whose value does not follow the hint.
func Wrong(name, value, hint string) *fault.Error {
	return fault.Input(name, name+": "+hint, "%s: %s is not valid", name, Quote(value))
}

// userInfo matches the part before the host of a URL, including what remains of it
// if the password contains a slash or a space. Text before an @ without a colon,
// such as role@organization, does not match.
var userInfo = pattern.New(`(?s)(//|:).*@`)

// maxQuoted is the number of characters that are shown of a value from outside.
const maxQuoted = 80

// Quote formats a value from outside for a message: in quotes, without anything that
// may be a password in a URL, and shortened if it is long. The code that prints it
// hides what may be half a secret before the "…".
func Quote(value string) string {
	value = userInfo.ReplaceAllString(value, "$1***@")
	if r := []rune(value); len(r) > maxQuoted {
		value = string(r[:maxQuoted]) + "…"
	}
	return fmt.Sprintf("%q", value)
}
