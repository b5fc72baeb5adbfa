package input

import (
	"strings"

	"github.com/azstep/azstep/internal/pattern"
)

// Speller rewrites the names of inputs in messages to the spelling that the reader
// uses. In azstep's source, an input's name is in kebab case, either after the words
// "the input" or in backticks: `dry-run`, `dry-run: true`.
type Speller struct {
	Style Style
	// IsInput reports whether a kebab-case name is an input.
	IsInput func(name string) bool
}

var (
	inBackticks = pattern.New("(set |the input |set the input )?`([a-z][a-z-]*)(?:: ([^`]*))?`( to\\b| or\\b)?")
	announced   = pattern.New(`(set the input |the input )([a-z][a-z-]*[a-z])( to\b| or\b)?`)
	leading     = pattern.New(`(?s)^([a-z][a-z-]*[a-z])([: ].*)$`)
	compound    = pattern.New(`"[^"]*"|one of [a-z-]+(?:, [a-z-]+){2,}|to use [a-z-]+|[a-z-]+ (?:requires|also needs) |the output [a-z-]+|line \d+: [a-z-]+:|unknown key [a-z-]+|[^\s(]*[a-z]-[a-z-]*[a-z][^\s)]*`)
	bare        = pattern.New(`^([a-z][a-z-]*[a-z])([,.;:]?)$`)
)

// Text rewrites the inputs that are marked in a text.
func (s Speller) Text(text string) string {
	if mayMark(text) {
		text = inBackticks.ReplaceAllFunc(text, s.unmark)
	}
	if strings.Contains(text, "the input ") {
		text = announced.ReplaceAllFunc(text, func(g []string) string { return s.write(g[0], g[1], g[2], g[3]) })
	}
	return text
}

// mayMark reports whether there may be an input in backticks. Most runs log only a
// command line in backticks, and then need not compile the pattern.
func mayMark(text string) bool {
	parts := strings.Split(text, "`")
	for _, part := range parts[1:] {
		name, _, _ := strings.Cut(part, ":")
		if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == "" {
			return true
		}
	}
	return false
}

// Blame rewrites the text of an error about an input. The text may begin with the
// input's name: "scopes is required".
func (s Speller) Blame(text string) string {
	if g := leading.FindStringSubmatch(text); g != nil && s.IsInput(g[1]) {
		text = s.Style.Name(g[1]) + g[2]
	}
	return s.Hint(text)
}

// Hint rewrites a hint. A hint about a single input begins with its name and a
// colon. Names of several words need no marks, because no English word looks like
// them. The keys of a file follow its line number, and stay as they are in the file.
// So do a list of values ("one of …") and the name of a way to authenticate ("to use
// …", "… requires"), some of which are also names of inputs.
func (s Speller) Hint(text string) string {
	text = s.Text(text)
	if name, rest, ok := strings.Cut(text, ": "); ok && s.IsInput(name) {
		text = s.Style.Name(name) + ": " + rest
	}
	if s.Style == With || !strings.ContainsRune(text, '-') {
		return text
	}
	return compound.ReplaceAllFunc(text, func(g []string) string {
		if word := bare.FindStringSubmatch(g[0]); word != nil && s.IsInput(word[1]) {
			return s.Style.Name(word[1]) + word[2]
		}
		if name, ok := strings.CutPrefix(g[0], "the output "); ok {
			return "the output " + s.Style.output(name)
		}
		return g[0]
	})
}

// unmark rewrites an input in backticks and leaves other text in backticks
// unchanged.
func (s Speller) unmark(groups []string) string {
	before, name, value, after := groups[1], groups[2], groups[3], groups[4]
	switch {
	case !s.IsInput(name):
		return groups[0]
	case value != "":
		return strings.TrimSuffix(before, "the input ") + s.Style.Setting(name, value) + after
	}
	return s.write(groups[0], before, name, after)
}

// write writes an input between some words. In a shell, "set" plus an input becomes
// a complete command, export X=…, which fits only at the end of a sentence.
func (s Speller) write(whole, before, name, after string) string {
	switch {
	case !s.IsInput(name):
		return whole
	case strings.HasPrefix(before, "set ") && after != "" && s.Style == Shell:
		return "set " + s.Style.Name(name) + after
	case strings.HasPrefix(before, "set "):
		return s.Style.set(name) + after
	case before != "":
		return s.Style.noun(name) + after
	}
	return s.Style.Name(name) + after
}
