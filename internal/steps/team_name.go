package steps

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/azstep/azstep/internal/pattern"
)

// reservedName matches the names that Windows reserves for devices.
var reservedName = pattern.New(`^(?i)(PRN|NUL|CON|AUX|COM([1-9]|10)|LPT[1-9])$`)

// nameRule is one of Azure DevOps' naming restrictions for teams (azure-devops-docs,
// naming-restrictions.md), and a function that reports whether a name breaks it.
type nameRule struct {
	text   string // how a name breaks the rule
	broken func(name string) bool
}

func nameRules() []nameRule {
	return []nameRule{
		{"cannot have more than 64 characters", func(n string) bool { return len(utf16.Encode([]rune(n))) > 64 }},
		{"cannot contain control characters or characters outside Unicode's basic plane", func(n string) bool {
			return strings.ContainsFunc(n, func(r rune) bool { return unicode.IsControl(r) || r > 0xFFFF || r == unicode.ReplacementChar })
		}},
		{"cannot contain any of / : \\ ~ & % ; @ ' \" ? < > | # $ * } { , + = [ ]", func(n string) bool { return strings.ContainsAny(n, `/:\~&%;@'"?<>|#$*}{,+=[]`) }},
		{"cannot contain … or ..", func(n string) bool { return strings.Contains(n, "…") || strings.Contains(n, "..") }},
		{"cannot begin with an underscore", func(n string) bool { return strings.HasPrefix(n, "_") }},
		{"cannot begin or end with a dot", func(n string) bool { return strings.HasPrefix(n, ".") || strings.HasSuffix(n, ".") }},
		{"cannot be a reserved name such as CON, NUL or COM1", reservedName.MatchString},
	}
}

// brokenRule returns the rule that the name breaks, or "".
func brokenRule(name string) string {
	for _, rule := range nameRules() {
		if rule.broken(name) {
			return rule.text
		}
	}
	return ""
}
