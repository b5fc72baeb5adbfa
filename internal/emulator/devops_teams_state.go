package emulator

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// team is a team of a project.
type team struct {
	ID          string
	Name        string
	Description string
	Members     []string // object ids
	Admins      []string // the members who administer it
}

// team returns a team by id or name, or nil. Case and surrounding white space are
// ignored.
func (p *project) team(nameOrID string) *team {
	wanted := strings.TrimSpace(nameOrID)
	for _, t := range p.Teams {
		if strings.EqualFold(t.ID, wanted) || strings.EqualFold(t.Name, wanted) {
			return t
		}
	}
	return nil
}

// teamRef is WebApiTeamRef.
type teamRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url"`
}

// teamWire is WebApiTeam.
type teamWire struct {
	teamRef
	Description string `json:"description"`
	IdentityURL string `json:"identityUrl"`
	// Since 4.1 at the latest; the samples are of 2.2.
	ProjectName string        `json:"projectName,omitempty"`
	ProjectID   string        `json:"projectId,omitempty"`
	Identity    *teamIdentity `json:"identity,omitempty"` // with $expandIdentity
}

func (c *call) refTeam(p *project, t *team) teamRef {
	return teamRef{ID: t.ID, Name: t.Name, URL: c.projectURL(p) + "/teams/" + t.ID}
}

func (c *call) wireTeam(p *project, t *team) teamWire {
	w := teamWire{teamRef: c.refTeam(p, t), Description: t.Description, IdentityURL: c.identityURL(t.ID)}
	if c.since(4, 1) {
		w.ProjectName, w.ProjectID = p.Name, p.ID
	}
	if strings.EqualFold(c.query.Get("$expandIdentity"), "true") {
		w.Identity = wireTeamIdentity(p, t)
	}
	return w
}

// teamIdentity is Identity, with the properties that a team has.
type teamIdentity struct {
	ID                  string         `json:"id"`
	Descriptor          string         `json:"descriptor"`
	SubjectDescriptor   string         `json:"subjectDescriptor"`
	ProviderDisplayName string         `json:"providerDisplayName"`
	IsActive            bool           `json:"isActive"`
	IsContainer         bool           `json:"isContainer"`
	Members             []string       `json:"members"`
	MemberOf            []string       `json:"memberOf"`
	MemberIDs           []string       `json:"memberIds"`
	Properties          map[string]any `json:"properties"`
	ResourceVersion     int            `json:"resourceVersion"`
	MetaTypeID          int            `json:"metaTypeId"`
}

func wireTeamIdentity(p *project, t *team) *teamIdentity {
	text := func(s string) map[string]string { return map[string]string{"$type": "System.String", "$value": s} }
	return &teamIdentity{
		ID: t.ID, Descriptor: "Microsoft.TeamFoundation.Identity;S-1-9-FAKE-" + t.ID, SubjectDescriptor: "vssgp.FAKE-" + t.ID,
		ProviderDisplayName: "[" + p.Name + "]\\" + t.Name, IsActive: true, IsContainer: true,
		Members: []string{}, MemberOf: []string{}, MemberIDs: []string{},
		Properties: map[string]any{
			"SchemaClassName": text("Group"), "Account": text(t.Name), "Description": text(t.Description),
			"Domain": text("vstfs:///Classification/TeamProject/" + p.ID),
		},
		ResourceVersion: 2, MetaTypeID: 255,
	}
}

// Team describes a team for tests and people.
type Team struct {
	Organization string   `json:"organization"`
	Project      string   `json:"project"`
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Members      []string `json:"members"` // object ids
}

// Teams returns all teams of every organization, the oldest of each project first.
func (s *Server) Teams() []Team {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.allTeams()
}

func (st *state) allTeams() []Team {
	out := []Team{}
	for _, o := range st.orgs {
		for _, p := range o.Projects {
			for _, t := range p.Teams {
				out = append(out, Team{o.Name, p.Name, t.ID, t.Name, t.Description, slices.Clone(t.Members)})
			}
		}
	}
	return out
}

// The rules for team names: azure-devops-docs,
// organizations/settings/naming-restrictions.md.
const (
	maxTeamName        = 64  // UTF-16 units
	maxTeamDescription = 256 // the limit of terraform-provider-azuredevops; the service's is not published
	forbiddenInTeams   = `/:\~&%;@'"?<>|#$*}{,+=[]` + "\u2026\ufffd"
)

// teamNameProblem returns what is wrong with a trimmed name, or "".
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
	return names[:len(names)-1] // COM10 is reserved, LPT10 is not
}

// builtInGroups are the security groups that every project has.
func builtInGroups() []string {
	return []string{
		"Build Administrators", "Contributors", "Endpoint Administrators", "Endpoint Creators",
		"Project Administrators", "Project Valid Users", "Readers", "Release Administrators",
	}
}

// taken reports whether a name belongs to a group or to a team other than the one to
// be renamed.
func (p *project) taken(name string, but *team) bool {
	if t := p.team(name); t != nil && t != but && strings.EqualFold(t.Name, name) {
		return true
	}
	same := func(group string) bool { return strings.EqualFold(group, name) }
	return slices.ContainsFunc(p.Groups, same) || slices.ContainsFunc(builtInGroups(), same)
}
