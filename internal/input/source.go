// Package input reads an operation's inputs from the environment into a struct, and
// collects all mistakes in one list of problems.
//
// It knows how inputs are spelled on each host, that an empty value or an unexpanded
// Azure Pipelines macro counts as not set, and how durations, lists and times are
// written. It does not interpret values, sends nothing, and never puts a secret into
// an error.
package input

import (
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/pattern"
)

// Source looks up the values of inputs. A run creates one from the process
// environment.
type Source struct {
	env    map[string]string
	strict bool
	azure  bool
}

// NewSource reads env. In strict mode (a GitHub action, for which the runner always
// uses INPUT_<NAME>) other spellings are ignored, so that an earlier step cannot set
// an input through the job's environment. On azure, inputs also take defaults from
// the variables that the agent sets.
func NewSource(env map[string]string, strict, azure bool) *Source {
	return &Source{env: env, strict: strict, azure: azure}
}

// Value returns the value of an input, given in kebab case, and whether it is set.
// Surrounding white space is removed.
func (s *Source) Value(name string) (string, bool) {
	for _, key := range s.spellings(name) {
		if value, ok := set(s.env[key]); ok {
			return value, true
		}
	}
	return "", false
}

// spellings returns the environment names of an input; the first one that is set
// counts. GitHub keeps hyphens (actions/runner Handler.cs); Azure Pipelines tasks
// and shells do not.
func (s *Source) spellings(name string) []string {
	upper := strings.ToUpper(name)
	if s.strict {
		return []string{"INPUT_" + upper}
	}
	return []string{"INPUT_" + upper, "INPUT_" + snake(name), "AZSTEP_" + snake(name)}
}

// first returns the first of the named environment variables that is set.
func (s *Source) first(keys string) (string, bool) {
	for key := range strings.SplitSeq(keys, ",") {
		if value, ok := set(s.env[key]); ok {
			return value, true
		}
	}
	return "", false
}

// isBlank also treats the byte order mark as white space. Editors on Windows put it
// at the start of a file, and it is invisible in a secret that is pasted from there.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }

// macro matches $(name), which Azure Pipelines passes on unchanged if the variable
// does not exist.
var macro = pattern.New(`^\$\([^()\r\n]*\)$`)

// IsSet reports whether a value counts as set. Empty values and unexpanded macros of
// Azure Pipelines do not.
func IsSet(value string) bool {
	_, ok := set(value)
	return ok
}

func set(value string) (string, bool) {
	value = strings.TrimFunc(value, isBlank)
	return value, value != "" && (value[0] != '$' || !macro.MatchString(value))
}
