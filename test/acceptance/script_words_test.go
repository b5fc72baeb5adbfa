//go:build unix

package acceptance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/steps"
)

// variable matches an input as a script or a shell sets it.
var variable = regexp.MustCompile(`(export |set )?AZSTEP_([A-Z_]+)(=…|: |=)?`)

// camelCased matches an input with several words as the task spells it.
var camelCased = regexp.MustCompile(`\b[a-z]+(?:[A-Z][a-z]+)+\b`)

// fromTask converts the task's spelling of inputs in a text to that of `with:`.
func fromTask(text string) string {
	return camelCased.ReplaceAllStringFunc(text, func(word string) string {
		for _, name := range steps.Inputs() {
			if word == camel(name) {
				return name
			}
		}
		return word
	})
}

// inKebab does the same for variables, so that one script can check the same text on
// every host. input-names.txtar checks the hosts' own spellings.
func inKebab(text string) string {
	return variable.ReplaceAllStringFunc(text, func(whole string) string {
		part := variable.FindStringSubmatch(whole)
		name := strings.ToLower(strings.ReplaceAll(part[2], "_", "-"))
		switch {
		case !slices.Contains(steps.Inputs(), name):
			return whole
		case part[1] == "export " || part[1] == "set " && part[3] == "":
			return "set the input " + name
		case part[3] == "=":
			return part[1] + name + ": "
		}
		return part[1] + name + part[3]
	})
}

// words returns the forms in which a script may check lines: unchanged, in the
// spelling of another host, and without the hint in an annotation.
func words(lines []string) []string {
	plain, tasks := make([]string, len(lines)), make([]string, len(lines))
	for i, line := range lines {
		text, _, annotated := strings.Cut(inKebab(line), " Hint: ")
		if annotated {
			text = strings.TrimSuffix(text, ".")
		}
		plain[i] = text
		tasks[i] = fromTask(plain[i])
	}
	return []string{strings.Join(lines, "\n"), strings.Join(plain, "\n"), strings.Join(tasks, "\n")}
}

// mute finds annotations that do not contain the first hint.
func (r *result) mute() (found []string) {
	hints := r.hints()
	for _, n := range r.seen.notes {
		if n.level == "error" && r.host != hostLocal && len(hints) > 0 && !r.does("exec") && !strings.HasSuffix(n.text, " Hint: "+hints[0]) {
			found = append(found, fmt.Sprintf("the annotation does not hold the first hint: %q", n.text))
		}
	}
	return found
}
