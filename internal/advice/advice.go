// Package advice chooses the hints of an error, depending on what the service said,
// which credential was sent, and where the step runs. It never suggests something
// that the user cannot do there.
//
// The code that reports an error knows the cause and adds hints about it. This
// package knows the services' message numbers (TF…, VS…) and the limits of each
// place. It prints nothing and knows no host.
package advice

import (
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// Place is where a step runs, which limits what its user can do.
type Place int

// The places in which azstep runs.
const (
	Laptop Place = iota // a shell: any command can be typed
	Step                // a run: or script: step of a CI job
	Action              // uses: on GitHub: only inputs, no command line
	Task                // the task of Azure Pipelines: only inputs, too
)

// Credential is the kind of credential that was sent to the service.
type Credential int

// The kinds of credentials. Unknown applies to failures before one was chosen.
const (
	Unknown     Credential = iota
	PAT                    // a personal access token
	User                   // a user's Entra token
	Application            // a service principal's or managed identity's Entra token
	JobToken               // the token of a job of Azure Pipelines
	SAS                    // an API token of IoT Central
)

// Situation is everything that hints depend on besides the failure itself.
type Situation struct {
	Place      Place
	Credential Credential
	Post       bool // the run revokes what earlier steps minted
}

// Hints returns what to do about a failure, most useful first.
func (s Situation) Hints(f *fault.Error) []string {
	given := f.Advice()
	if known, ok := s.explained(f.Error()); ok {
		given = append(known, ownHints(f)...)
	}
	var hints []string
	for _, hint := range given {
		if hint = s.Fit(hint); hint != "" {
			hints = append(hints, hint)
		}
	}
	if len(hints) == 0 {
		hints = []string{fault.LookUp(f.Code)}
	}
	return hints
}

// ownHints returns the hints of the failure itself, without those of its code: a
// message number is more specific than the code.
func ownHints(f *fault.Error) []string {
	if len(f.Hints) == 0 {
		return nil
	}
	_, general := fault.Meaning(f.Code)
	var own []string
	for _, hint := range f.Hints {
		if hint != general {
			own = append(own, hint)
		}
	}
	return own
}

// number matches a message number at the beginning of an Azure DevOps message.
var number = pattern.New(`\b(TF|VS)[0-9]{5,6}\b`)

// explained returns the hints for the first known message number in a text.
func (s Situation) explained(text string) ([]string, bool) {
	if !strings.Contains(text, "TF") && !strings.Contains(text, "VS") {
		return nil, false
	}
	for _, found := range number.FindAllString(text) {
		for _, m := range messages() {
			if m.has(found) && m.when(s, text) {
				return m.hints, true
			}
		}
	}
	return nil, false
}
