package emulator

import "fmt"

// contents are what a project has besides its name: the seed's part of the
// areas that work in projects.
type contents struct {
	// Administrators may create teams and grant pipelines the use of resources.
	// They are users and service principals, by object id, and BuildService.
	Administrators []string
	// BuildService is the id of the identity that the project's pipelines run
	// as, the nameid of their job tokens.
	BuildService string       `yaml:"buildService"`
	Groups       []string     // security groups; no team may have the name of one
	Teams        []*team      // the first is the default team
	Pipelines    []*pipeline  // oldest first
	Resources    []*protected // service connections are resources, too
	Bulk         []Bulk

	byType  map[string][]*protected
	index   map[resourceKey]*protected
	granted map[resourceKey]*permissions // where somebody is, or was, authorized

	checks    []*check // in the order in which they were made
	lastCheck int      // the id of the latest
}

// complete gives every project what it has by itself, and finds what would only
// show as a puzzling answer later.
func (o *organization) complete() error {
	for _, p := range o.Projects {
		if err := p.complete(o.maker()); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}

func (p *project) complete(maker string) error {
	p.byType = map[string][]*protected{}
	p.index = map[resourceKey]*protected{}
	p.granted = map[resourceKey]*permissions{}
	if len(p.Teams) == 0 {
		p.Teams = []*team{{ID: guidOf(p.ID, "team"), Name: p.Name + " Team", Description: "The default project team."}}
	}
	for _, r := range p.Resources {
		if err := p.add(r, maker); err != nil {
			return err
		}
	}
	for _, s := range p.ServiceConnections {
		if p.find(typeEndpoint, s.ID) != nil {
			continue // the resources say more about it
		}
		if err := p.add(&protected{Type: typeEndpoint, ID: s.ID, Name: s.Name}, maker); err != nil {
			return err
		}
	}
	for _, b := range p.Bulk {
		if err := p.addBulk(b, maker); err != nil {
			return err
		}
	}
	return nil
}
