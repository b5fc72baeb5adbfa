package emulator

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"

	"gopkg.in/yaml.v3"
)

//go:embed seed.yaml
var defaultSeed string

//go:embed scopes.txt
var scopeText string

// DefaultSeed returns the YAML of the built-in state, as a start for another seed.
func DefaultSeed() []byte { return []byte(defaultSeed) }

// seed is the structure of the YAML.
type seed struct {
	Tenants       []*tenant
	Organizations []*organization
	GitHub        github `yaml:"github"`
	Issuers       []issuer

	ManagedIdentity managedIdentity `yaml:"managedIdentity"`

	IoTCentral []*iotApp `yaml:"iotCentral"` // the first is also available at the loopback address
	Server     string    // the Azure DevOps Server to play: [Server.SetServerVersion]
	Quirks     Quirks
	RateLimit  RateLimit `yaml:"rateLimit"`
}

// tenant is an Entra tenant.
type tenant struct {
	ID           string
	Domain       string
	Users        []*user
	Applications []*application
	Policy       EntraPolicy
}

type user struct {
	ID    string // object id
	Name  string
	Email string
}

// application is an app registration together with its service principal.
type application struct {
	ID        string // client id
	ObjectID  string `yaml:"objectId"` // of the service principal
	Name      string
	Public    bool
	Redirects []string // for the platform "mobile and desktop"; on localhost, any port is allowed
	Secrets   []string
	Expired   []string            // secrets that have expired
	Resources []string            // APIs for which it can get its own tokens
	Delegated map[string][]string // resource to the scopes that users consented to
	Federated []federated
}

// organization is an organization of Azure DevOps.
type organization struct {
	Name         string
	ID           string
	Tenant       string
	Members      []string  // object ids
	BuildService string    `yaml:"buildService"` // identity id of its pipeline jobs
	PATPolicy    PATPolicy `yaml:"patPolicy"`
	Projects     []*project
}

func (o *organization) hasMember(id string) bool { return slices.Contains(o.Members, id) }

type project struct {
	ID          string
	Name        string
	Description string
	contents    `yaml:",inline"`

	ServiceConnections []*serviceConnection `yaml:"serviceConnections"`
}

func parseSeed(text []byte) (*seed, error) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	var s seed
	switch err := d.Decode(&s); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("seed: the file is empty")
	case err != nil:
		return nil, fmt.Errorf("seed: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("seed: use only one YAML document")
	}
	return &s, s.check()
}

// check rejects a seed that would lead to puzzling responses later.
func (s *seed) check() error {
	if len(s.Tenants) == 0 || len(s.Organizations) == 0 {
		return errors.New("seed: at least one tenant and one organization are needed")
	}
	for _, t := range s.Tenants {
		if !isGUID(t.ID) || len(t.Users) == 0 {
			return fmt.Errorf("seed: tenant %q needs a GUID as id and at least one user", t.ID)
		}
		for _, a := range t.Applications {
			if err := a.checkFederated(); err != nil {
				return err
			}
		}
	}
	for _, o := range s.Organizations {
		known := slices.ContainsFunc(s.Tenants, func(t *tenant) bool { return t.ID == o.Tenant })
		if o.Name == "" || !isGUID(o.ID) || !known {
			return fmt.Errorf("seed: organization %q needs a name, a GUID as id, and the id of a tenant", o.Name)
		}
	}
	return checkApps(s.IoTCentral)
}
