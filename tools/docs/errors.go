package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// errorHeadings writes a heading for every shared code.
func errorHeadings() string {
	var b strings.Builder
	for _, c := range fault.Codes() {
		text, hint := fault.Meaning(c)
		b.WriteString(heading(c, text, hint))
	}
	return b.String()
}

// patHeadings writes a heading for every refusal of the PAT service.
func patHeadings() string {
	var b strings.Builder
	for _, e := range client.PATErrors() {
		b.WriteString(heading(e.Code, e.Text, e.Hint))
	}
	return b.String()
}

func heading(c fault.Code, text, hint string) string {
	return fmt.Sprintf("### %s\n\n%s Exit code %s.\n\n**What to do:** %s.\n\n", c, prose(text), exitText(c), prose(hint))
}

// exitText describes a code's exit code. If a signal stopped the process, the exit
// code says which one.
func exitText(c fault.Code) string {
	if c == fault.Cancelled {
		return "129 after SIGHUP, 130 after SIGINT, 143 after SIGTERM"
	}
	return fmt.Sprint(exit(c))
}

func exit(c fault.Code) int { return (&fault.Error{Code: c}).ExitCode() }

// entraHeadings writes a heading for each of Entra's error numbers that azstep
// explains.
func entraHeadings() string {
	var b strings.Builder
	for _, e := range auth.Explanations() {
		var numbers []string
		for _, n := range e.Numbers {
			numbers = append(numbers, fmt.Sprintf("AADSTS%d", n))
		}
		fmt.Fprintf(&b, "### %s\n\n%s. Code [%s](#%s).\n\n", strings.Join(numbers, ", "), sentence(e.Text), code(string(e.Code)), e.Code)
		for _, hint := range e.Hints {
			fmt.Fprintf(&b, "- %s\n", named(hint))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func sentence(text string) string {
	text = named(text)
	return strings.ToUpper(text[:1]) + text[1:]
}

// named replaces the placeholders of a run's values with descriptions.
func named(text string) string {
	return prose(strings.NewReplacer(
		"{client}", "`client-id`", "{tenant}", "`tenant-id`", "{scope}", "asked for",
		"{issuer}", "`iss`", "{subject}", "`sub`", "{audience}", "`aud`",
	).Replace(text))
}

// exitTable lists which codes have which exit code; most have 1.
func (f *facts) exitTable() string {
	rows := [][]string{{"Exit code", "Error codes"}}
	for _, n := range []int{2, 3} {
		var all []string
		for _, c := range fault.Codes() {
			if exit(c) == n {
				all = append(all, fmt.Sprintf("[%s](errors.md#%s)", code(string(c)), c))
			}
		}
		slices.Sort(all)
		rows = append(rows, []string{fmt.Sprint(n), strings.Join(all, ", ")})
	}
	return table(append(rows, []string{"1", "every other code"}))
}
