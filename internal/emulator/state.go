package emulator

import (
	"fmt"
	"strings"
	"time"
)

// state is everything that changes. The server's mutex protects it.
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
	skew       time.Duration     // the emulator's clock minus the machine's
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

// organization returns an organization by name, or nil. Case does not matter.
func (st *state) organization(name string) *organization {
	for _, o := range st.orgs {
		if strings.EqualFold(o.Name, name) {
			return o
		}
	}
	return nil
}

// project returns a project by id or name, or nil.
func (o *organization) project(nameOrID string) *project {
	for _, p := range o.Projects {
		if strings.EqualFold(p.ID, nameOrID) || strings.EqualFold(p.Name, nameOrID) {
			return p
		}
	}
	return nil
}

// findTenant returns a tenant by id or domain, or nil.
func (st *state) findTenant(idOrDomain string) *tenant {
	for _, t := range st.tenants {
		if strings.EqualFold(t.ID, idOrDomain) || strings.EqualFold(t.Domain, idOrDomain) {
			return t
		}
	}
	return nil
}

// user returns a user by e-mail or id. "" is the first user; an unknown one is
// generated.
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

// application returns an application by name or client id. "" is the first one; an
// unknown one is generated.
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

// nameOf returns the e-mail of a user, or "".
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

// contents is everything in a project except its name and id, for the areas below
// projects.
type contents struct {
	// Administrators may create teams and change pipeline permissions. They are
	// object ids of users and service principals, or BuildService.
	Administrators []string
	// BuildService is the id of the identity that the project's pipelines run as. It
	// is the nameid of their job tokens.
	BuildService string       `yaml:"buildService"`
	Groups       []string     // security groups, whose names teams cannot have
	Teams        []*team      // the first is the default team
	Pipelines    []*pipeline  // oldest first
	Resources    []*protected // including service connections
	Bulk         []Bulk

	byType  map[string][]*protected
	index   map[resourceKey]*protected
	granted map[resourceKey]*permissions // resources that pipelines are or were authorized to use

	checks    []*check // in the order of creation
	lastCheck int      // id of the newest
}

// complete adds what every project has by default, and rejects a seed that would
// lead to puzzling responses later.
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
			continue // it is among the resources, with more details
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
