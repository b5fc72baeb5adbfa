package emulator

import (
	"fmt"
	"strconv"
	"strings"
)

// Bulk describes many items of one type, for tests of paging and load. The same seed
// always gives the same ids.
type Bulk struct {
	Type       string `yaml:"type"` // "team", "pipeline" or a type of resource
	Count      int    `yaml:"count"`
	Name       string `yaml:"name"`       // # becomes the number, from 1; "" is TYPE-#
	Pipelines  []int  `yaml:"pipelines"`  // pipelines that may use the resources
	OpenAccess bool   `yaml:"openAccess"` // whether every pipeline may use the resources
}

// Generate adds items to a project.
func (s *Server) Generate(organization, project string, bulks ...Bulk) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.generate(organization, project, bulks...)
}

func (st *state) generate(organization, name string, bulks ...Bulk) error {
	p, err := st.findProject(organization, name)
	if err != nil {
		return err
	}
	for _, b := range bulks {
		if err := p.addBulk(b, st.organization(organization).maker()); err != nil {
			return err
		}
	}
	return nil
}

// controlBulk takes a [Bulk]: {"type":"environment","count":5000}.
func controlBulk(c *call) reply {
	var b Bulk
	if err := c.decodeOptions(&b); err != nil {
		return badControl(err)
	}
	if err := c.generate(c.param("org"), c.param("project"), b); err != nil {
		return badControl(err)
	}
	return noContent()
}

// maxBulk is more than any organization has, and still fits into a laptop's memory.
const maxBulk = 200_000

func (p *project) addBulk(b Bulk, by string) error {
	if b.Count < 0 || b.Count > maxBulk {
		return fmt.Errorf("bulk of %s: count must be between 0 and %d", b.Type, maxBulk)
	}
	if b.Name == "" {
		b.Name = b.Type + "-#"
	}
	next := p.highest(b.Type) + 1
	for i := range b.Count {
		name := numbered(b.Name, i+1)
		id := guidOf(p.ID, b.Type, name)
		switch b.Type {
		case "team":
			p.Teams = append(p.Teams, &team{ID: id, Name: name})
			continue
		case "pipeline":
			p.Pipelines = append(p.Pipelines, &pipeline{ID: next + i, Name: name})
			continue
		}
		if !protectedTypes()[b.Type] {
			id = strconv.Itoa(next + i)
		}
		if err := p.add(&protected{Type: b.Type, ID: id, Name: name, OpenAccess: b.OpenAccess, Pipelines: b.Pipelines}, by); err != nil {
			return fmt.Errorf("bulk of %s: %w", b.Type, err)
		}
	}
	return nil
}

// numbered replaces # in a name by a number.
func numbered(name string, n int) string {
	return strings.ReplaceAll(name, "#", fmt.Sprintf("%04d", n))
}

// highest returns the highest numeric id of the type.
func (p *project) highest(kind string) int {
	highest := 0
	for _, r := range p.byType[kind] {
		highest = max(highest, r.number())
	}
	if kind == "pipeline" {
		for _, b := range p.Pipelines {
			highest = max(highest, b.ID)
		}
	}
	return highest
}
