// Package input turns the environment into an operation's own struct, and every
// mistake in it into one list of problems.
//
// It knows how an input is spelled on each host, that an empty value and an
// Azure Pipelines macro that nobody expanded are no values, and how durations,
// lists and instants are written. It decides nothing about what a value means,
// sends nothing, and never puts a secret's value into an error.
package input

import (
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/pattern"
)

// Source answers what value an input has. It is made once a run, from the
// process environment.
type Source struct {
	env    map[string]string
	strict bool
	azure  bool
}

// NewSource reads env. In strict mode (a GitHub action, whose inputs the runner
// always spells INPUT_<NAME>) no other spelling counts, so that an earlier step
// cannot fill an input through the job's environment. On azure, inputs also
// take defaults from the variables that the agent sets.
func NewSource(env map[string]string, strict, azure bool) *Source {
	return &Source{env: env, strict: strict, azure: azure}
}

// Value is the value of an input named in kebab case, and whether it is set.
// White space around it is taken off.
func (s *Source) Value(name string) (string, bool) {
	for _, key := range s.spellings(name) {
		if value, ok := set(s.env[key]); ok {
			return value, true
		}
	}
	return "", false
}

// spellings are the environment names of an input, first wins. GitHub keeps
// hyphens (actions/runner Handler.cs), Azure Pipelines tasks and shells do not.
func (s *Source) spellings(name string) []string {
	upper := strings.ToUpper(name)
	if s.strict {
		return []string{"INPUT_" + upper}
	}
	return []string{"INPUT_" + upper, "INPUT_" + snake(name), "AZSTEP_" + snake(name)}
}

// first is the first of the named environment variables that is set.
func (s *Source) first(keys string) (string, bool) {
	for key := range strings.SplitSeq(keys, ",") {
		if value, ok := set(s.env[key]); ok {
			return value, true
		}
	}
	return "", false
}

// isBlank adds to white space the mark that editors on Windows put before a text:
// nobody sees it in a secret that was pasted from a file.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }

// macro is what Azure Pipelines passes on, to the letter, for $(name) when no
// variable of that name exists.
var macro = pattern.New(`^\$\([^()\r\n]*\)$`)

// IsSet reports whether a value counts: an empty one does not, nor does a macro
// of Azure Pipelines that nobody expanded.
func IsSet(value string) bool {
	_, ok := set(value)
	return ok
}

func set(value string) (string, bool) {
	value = strings.TrimFunc(value, isBlank)
	return value, value != "" && (value[0] != '$' || !macro.MatchString(value))
}
