package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// protected is a resource whose use by pipelines is a matter of permission.
type protected struct {
	Type        string // see protectedTypes
	ID          string // a GUID, or a number; a repository's without its project
	Name        string
	Description string
	Kind        string // of an endpoint: azurerm and the like
	Scheme      string // of an endpoint: how it signs in; "" is what is usual for its kind
	Issuer      string // of an endpoint that signs in without a secret; "" is Azure Pipelines' own
	Locked      bool   // nobody in the seed is its administrator

	// Who may use it from the start; see [permissions].
	OpenAccess bool  `yaml:"openAccess"`
	Pipelines  []int // ids
	Unsigned   bool  // it is not known who has allowed it, nor when
}

// number is the id of a resource that has numbers.
func (r *protected) number() int {
	n, _ := strconv.Atoi(r.ID)
	return n
}

// The types of resources (microsoft/terraform-provider-azuredevops,
// resource_pipeline_authorization.go and #7).
const (
	typeEndpoint      = "endpoint"
	typeQueue         = "queue"
	typeVariableGroup = "variablegroup"
	typeEnvironment   = "environment"
	typeRepository    = "repository"
	typeSecureFile    = "securefile"
)

// protectedTypes says of each type whether its ids are GUIDs.
func protectedTypes() map[string]bool {
	return map[string]bool{
		typeEndpoint: true, typeQueue: false, typeVariableGroup: false,
		typeEnvironment: false, typeRepository: true, typeSecureFile: true,
	}
}

// resourceKey is how permissions know a resource: id is in lower case, and a
// repository's starts with its project's.
type resourceKey struct{ kind, id string }

func (p *project) key(r *protected) resourceKey {
	if r.Type == typeRepository {
		return resourceKey{r.Type, strings.ToLower(p.ID + "." + r.ID)}
	}
	return resourceKey{r.Type, strings.ToLower(r.ID)}
}

// add puts a resource into the project with the permissions that it has from
// the start.
func (p *project) add(r *protected, by string) error {
	guids, known := protectedTypes()[r.Type]
	key := p.key(r)
	switch {
	case !known:
		return fmt.Errorf("resource %q of %s has the unknown type %q", r.Name, p.Name, r.Type)
	case guids != isGUID(r.ID) || !guids && r.number() < 1:
		return fmt.Errorf("%s %q of %s has the id %q", r.Type, r.Name, p.Name, r.ID)
	case p.index[key] != nil:
		return fmt.Errorf("%s %s of %s is there twice", r.Type, r.ID, p.Name)
	}
	p.index[key] = r
	p.byType[r.Type] = append(p.byType[r.Type], r)
	if r.OpenAccess || len(r.Pipelines) > 0 {
		p.granted[key] = initialPermissions(r, by)
	}
	return nil
}

// find looks a resource up by type and id, but for repositories; nil if unknown.
func (p *project) find(kind, id string) *protected {
	return p.index[resourceKey{kind, strings.ToLower(id)}]
}

// has tells whether there is a resource; a repository may be another project's.
func (o *organization) has(p *project, key resourceKey) bool {
	if key.kind != typeRepository {
		return p.index[key] != nil
	}
	owner, _, _ := strings.Cut(key.id, ".")
	home := o.project(owner)
	return home != nil && home.index[key] != nil
}

// pipeline is a build definition.
type pipeline struct {
	ID     int
	Name   string
	Folder string // "" is the root, otherwise it starts with a backslash
}

func (b *pipeline) path() string { return cmp.Or(b.Folder, `\`) }

func (p *project) pipeline(id int) *pipeline {
	i := slices.IndexFunc(p.Pipelines, func(b *pipeline) bool { return b.ID == id })
	if i < 0 {
		return nil
	}
	return p.Pipelines[i]
}
