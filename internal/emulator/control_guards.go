package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// guardRoutes are the control requests for checks and circumstances of resources,
// and for PATs that already have an age.
func guardRoutes() []route {
	return []route{
		controlRoute(http.MethodPost, "checks/{org}/{project}", controlChecks),
		controlRoute(http.MethodPut, "resources/{org}/{project}/{type}/{id}", controlResource),
		controlRoute(http.MethodPost, "pats/{org}", controlOldPATs),
	}
}

// Circumstances are the properties of a resource other than its permissions. A nil
// field leaves the property unchanged.
type Circumstances struct {
	Scheme *string `yaml:"scheme"` // of a service connection: how it authenticates
	Issuer *string `yaml:"issuer"` // of a service connection that needs no secret
	Locked *bool   `yaml:"locked"` // nobody may change its permissions
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

// OldPATs describes PATs of a user that were created some time ago.
type OldPATs struct {
	User   string        `yaml:"user"` // e-mail or id; "" is the first user of the seed
	Name   string        `yaml:"name"` // # becomes the number, from 1
	Scopes string        `yaml:"scopes"`
	Age    time.Duration `yaml:"age"`
	Life   time.Duration `yaml:"life"`  // remaining lifetime; 0 is an hour
	Count  int           `yaml:"count"` // 0 is 1
}

// AddOldPATs adds PATs to an organization without its API and policies.
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

// Guard is a short form of an approval or a branch control of one resource.
type Guard struct {
	Type      string   `yaml:"type"`
	ID        string   `yaml:"id"`
	Approvers []string `yaml:"approvers"` // names, for an approval
	Required  int      `yaml:"required"`  // number of approvers that must approve; 0 is all
	Requester bool     `yaml:"requester"` // the person who started the run may approve
	Branches  *string  `yaml:"branches"`  // branches as the user types them, with commas, for a branch control
	Disabled  bool     `yaml:"disabled"`
}

// AddChecks adds checks to resources of a project.
func (s *Server) AddChecks(organization, project string, guards ...Guard) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.st.findProject(organization, project)
	if err != nil {
		return err
	}
	for _, g := range guards {
		p.guard(g, s.now())
	}
	return nil
}

func (p *project) guard(g Guard, now time.Time) {
	ref := resourceRef{strings.ToLower(g.Type), g.ID}
	made := grant{at: now}
	if len(p.Administrators) > 0 {
		made.by = p.Administrators[0]
	}
	if len(g.Approvers) > 0 {
		p.addCheck(ref, check{kind: checkType{approvalCheck, "Approval"}, settings: g.approval(), disabled: g.Disabled, by: made})
	}
	if g.Branches != nil {
		p.addCheck(ref, check{kind: checkType{taskCheck, "Task Check"}, settings: branchSettings(*g.Branches), disabled: g.Disabled, by: made})
	}
}

func (g Guard) approval() json.RawMessage {
	approvers := make([]map[string]any, len(g.Approvers))
	for i, name := range g.Approvers {
		approvers[i] = map[string]any{"displayName": name, "id": guidOf("approver", name)}
	}
	text, _ := json.Marshal(map[string]any{
		"approvers": approvers, "executionOrder": "anyOrder", "minRequiredApprovers": g.Required,
		"requesterCannotBeApprover": !g.Requester, "instructions": "", "blockedApprovers": []any{},
	})
	return text
}

func branchSettings(allowed string) json.RawMessage {
	text, _ := json.Marshal(map[string]any{
		"displayName": "Branch control", "retryInterval": 5,
		"definitionRef": map[string]string{"id": branchProtection, "name": "evaluatebranchProtection", "version": "0.0.1"},
		"inputs":        map[string]string{"allowedBranches": allowed, "ensureProtectionOfBranch": "true", "allowUnknownStatusBranch": "false"},
	})
	return text
}

// controlChecks takes a list of [Guard].
func controlChecks(c *call) reply {
	var guards []Guard
	if err := c.decodeOptions(&guards); err != nil {
		return badControl(err)
	}
	p, err := c.findProject(c.param("org"), c.param("project"))
	if err != nil {
		return badControl(err)
	}
	for _, g := range guards {
		p.guard(g, c.now)
	}
	return noContent()
}
