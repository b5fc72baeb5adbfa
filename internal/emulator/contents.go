package emulator

// contents are what a project has besides its name: the seed's part of the
// areas that work in projects.
type contents struct {
	// Administrators may create teams and grant pipelines the use of resources.
	// They are users and service principals, by object id, and BuildService.
	Administrators []string
	// BuildService is the id of the identity that the project's pipelines run
	// as, the nameid of their job tokens.
	BuildService string   `yaml:"buildService"`
	Groups       []string // security groups; no team may have the name of one
	Teams        []*team  // the first is the default team
}

// complete gives a project what every project has.
func (p *project) complete() {
	if len(p.Teams) == 0 {
		p.Teams = []*team{{ID: guidOf(p.ID, "team"), Name: p.Name + " Team", Description: "The default project team."}}
	}
}
