package emulator

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// The rules for names of teams are azure-devops-docs,
// organizations/settings/naming-restrictions.md.
const (
	maxTeamName        = 64  // UTF-16 units
	maxTeamDescription = 256 // what terraform-provider-azuredevops allows; the service's own limit is not published
	forbiddenInTeams   = `/:\~&%;@'"?<>|#$*}{,+=[]` + "\u2026\ufffd"
)

// teamNameProblem says what is wrong with a trimmed name, "" for nothing.
func teamNameProblem(name string) string {
	switch {
	case name == "":
		return "it is empty"
	case len(utf16.Encode([]rune(name))) > maxTeamName:
		return fmt.Sprintf("it is longer than %d characters", maxTeamName)
	case strings.ContainsAny(name, forbiddenInTeams):
		return "it contains a character that is not allowed"
	case strings.ContainsFunc(name, unicode.IsControl):
		return "it contains a control character"
	case strings.Contains(name, ".."):
		return "it contains two periods in a row"
	case strings.HasPrefix(name, "_"):
		return "it starts with an underscore"
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, "."):
		return "it starts or ends with a period"
	case slices.Contains(reservedNames(), strings.ToUpper(name)):
		return "it is a reserved name"
	}
	return ""
}

func reservedNames() []string {
	names := []string{"PRN", "NUL", "CON", "AUX"}
	for i := 1; i <= 10; i++ {
		names = append(names, fmt.Sprintf("COM%d", i), fmt.Sprintf("LPT%d", i))
	}
	return names[:len(names)-1] // there is a COM10, and no LPT10
}

// builtInGroups are the security groups that every project has.
func builtInGroups() []string {
	return []string{
		"Build Administrators", "Contributors", "Endpoint Administrators", "Endpoint Creators",
		"Project Administrators", "Project Valid Users", "Readers", "Release Administrators",
	}
}

// taken tells whether a name is a team's or a group's, but for the team that is
// to be renamed.
func (p *project) taken(name string, but *team) bool {
	if t := p.team(name); t != nil && t != but && strings.EqualFold(t.Name, name) {
		return true
	}
	same := func(group string) bool { return strings.EqualFold(group, name) }
	return slices.ContainsFunc(p.Groups, same) || slices.ContainsFunc(builtInGroups(), same)
}
