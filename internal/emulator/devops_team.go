package emulator

import (
	"slices"
	"strings"
)

// team is one of a project's teams.
type team struct {
	ID          string
	Name        string
	Description string
	Members     []string // object ids
	Admins      []string // those of the members who administer it
}

// team finds one by id or name, whose case and outer white space do not matter;
// nil if unknown.
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

// teamIdentity is Identity, as far as a team's has it.
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

// Team is a team as a test or a person sees it.
type Team struct {
	Organization string   `json:"organization"`
	Project      string   `json:"project"`
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Description  string   `json:"description"`
	Members      []string `json:"members"` // object ids
}

// Teams are all teams of every organization, those of a project oldest first.
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
