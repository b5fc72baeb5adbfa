package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// guardRoutes are the control requests about what guards a resource, and about
// PATs that are old already.
func guardRoutes() []route {
	return []route{
		controlRoute(http.MethodPost, "checks/{org}/{project}", controlChecks),
		controlRoute(http.MethodPut, "resources/{org}/{project}/{type}/{id}", controlResource),
		controlRoute(http.MethodPost, "pats/{org}", controlOldPATs),
	}
}

// Circumstances are what a resource is like besides its permissions. A nil field
// stays as it is.
type Circumstances struct {
	Scheme *string `yaml:"scheme"` // of an endpoint: how it signs in
	Issuer *string `yaml:"issuer"` // of an endpoint that signs in without a secret
	Locked *bool   `yaml:"locked"` // nobody here may change its permissions
}

// SetResource changes a resource's circumstances.
func (s *Server) SetResource(organization, project, kind, id string, to Circumstances) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setResource(organization, project, kind, id, to)
}

func (st *state) setResource(organization, project, kind, id string, to Circumstances) error {
	p, err := st.findProject(organization, project)
	if err != nil {
		return err
	}
	r := p.find(kind, id)
	if r == nil {
		return fmt.Errorf("%s has no %s %q", project, kind, id)
	}
	set(&r.Scheme, to.Scheme)
	set(&r.Issuer, to.Issuer)
	set(&r.Locked, to.Locked)
	return nil
}

// controlResource takes [Circumstances]: {"locked":true}.
func controlResource(c *call) reply {
	var to Circumstances
	if err := c.decodeOptions(&to); err != nil {
		return badControl(err)
	}
	if err := c.setResource(c.param("org"), c.param("project"), c.param("type"), c.param("id"), to); err != nil {
		return badControl(err)
	}
	return noContent()
}

// OldPATs are PATs of a user that were made some time ago.
type OldPATs struct {
	User   string        `yaml:"user"` // e-mail or id, "" for the seed's first
	Name   string        `yaml:"name"` // # stands for the number, from 1
	Scopes string        `yaml:"scopes"`
	Age    time.Duration `yaml:"age"`
	Life   time.Duration `yaml:"life"`  // from now on; 0 is an hour
	Count  int           `yaml:"count"` // 0 is 1
}

// AddOldPATs puts PATs into an organization, past the API and its policies.
func (s *Server) AddOldPATs(organization string, of OldPATs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.addOldPATs(organization, of, s.now())
}

func (st *state) addOldPATs(organization string, of OldPATs, now time.Time) error {
	o := st.organization(organization)
	if o == nil {
		return fmt.Errorf("organization %q is not in the seed", organization)
	}
	if of.Life == 0 {
		of.Life = time.Hour
	}
	for i := range max(of.Count, 1) {
		p := st.addPAT(o, of.User, of.Scopes, of.Life, now)
		p.validFrom = now.Add(-of.Age)
		p.name = numbered(of.Name, i+1)
	}
	return nil
}

// controlOldPATs takes [OldPATs]: {"name":"job [azstep:00000001]","age":"48h"}.
func controlOldPATs(c *call) reply {
	var of OldPATs
	if err := c.decodeOptions(&of); err != nil {
		return badControl(err)
	}
	if err := c.addOldPATs(c.param("org"), of, c.now); err != nil {
		return badControl(err)
	}
	return noContent()
}
