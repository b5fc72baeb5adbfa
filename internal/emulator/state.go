package emulator

import (
	"fmt"
	"strings"
	"time"
)

// state is everything that changes; the server's mutex guards it.
type state struct {
	tenants    []*tenant
	orgs       []*organization
	github     github
	issuers    []issuer
	managed    managedIdentity
	scopes     scopeTable
	pats       map[string]*pat // by authorization id
	patsByText map[string]*pat
	revoked    []*pat // oldest first
	counts     Counts
	devices    []*deviceCode
	codes      []*authorizationCode
	faults     []*armed
	apps       []*iotApp
	quirks     Quirks
	product    product
	limit      RateLimit
	usages     map[string]*usage // by caller
	skew       time.Duration     // the server's clock minus the machine's
}

func newState(seedText []byte) (*state, error) {
	from, err := parseSeed(seedText)
	if err != nil {
		return nil, err
	}
	for _, o := range from.Organizations {
		if err := o.complete(); err != nil {
			return nil, err
		}
	}
	plays, err := findProduct(from.Server)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	return &state{
		product:    plays,
		tenants:    from.Tenants,
		orgs:       from.Organizations,
		github:     from.GitHub,
		issuers:    from.Issuers,
		managed:    from.ManagedIdentity,
		scopes:     parseScopes(scopeText),
		pats:       map[string]*pat{},
		patsByText: map[string]*pat{},
		apps:       from.IoTCentral,
		quirks:     from.Quirks,
		limit:      from.RateLimit,
		usages:     map[string]*usage{},
	}, nil
}

// organization finds one by name, whose case does not matter; nil if unknown.
func (st *state) organization(name string) *organization {
	for _, o := range st.orgs {
		if strings.EqualFold(o.Name, name) {
			return o
		}
	}
	return nil
}

// project finds one by id or name; nil if unknown.
func (o *organization) project(nameOrID string) *project {
	for _, p := range o.Projects {
		if strings.EqualFold(p.ID, nameOrID) || strings.EqualFold(p.Name, nameOrID) {
			return p
		}
	}
	return nil
}

// findTenant finds one by id or domain; nil if unknown.
func (st *state) findTenant(idOrDomain string) *tenant {
	for _, t := range st.tenants {
		if strings.EqualFold(t.ID, idOrDomain) || strings.EqualFold(t.Domain, idOrDomain) {
			return t
		}
	}
	return nil
}

// user finds one by e-mail or id; "" is the first, an unknown one is made up.
func (st *state) user(name string) (*tenant, *user) {
	for _, t := range st.tenants {
		for _, u := range t.Users {
			if name == "" || strings.EqualFold(u.Email, name) || u.ID == name {
				return t, u
			}
		}
	}
	return st.tenants[0], &user{ID: newGUID(), Name: name, Email: name}
}

// application finds one by name or client id; "" is the first, an unknown one
// is made up.
func (st *state) application(name string) (*tenant, *application) {
	for _, t := range st.tenants {
		for _, a := range t.Applications {
			if name == "" || strings.EqualFold(a.Name, name) || a.ID == name {
				return t, a
			}
		}
	}
	return st.tenants[0], &application{ID: newGUID(), ObjectID: newGUID(), Name: name}
}

// nameOf is the e-mail of a user, "" for anybody else.
func (st *state) nameOf(id string) string {
	for _, t := range st.tenants {
		for _, u := range t.Users {
			if u.ID == id {
				return u.Email
			}
		}
	}
	return ""
}

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
