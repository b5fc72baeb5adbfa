package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// protected is a resource that pipelines may use only with permission.
type protected struct {
	Type        string // see protectedTypes
	ID          string // a GUID or a number; for a repository, without its project
	Name        string
	Description string
	Kind        string // of a service connection: azurerm, for example
	Scheme      string // of a service connection: how it authenticates; "" is the usual way for its kind
	Issuer      string // of a service connection without a secret; "" is Azure Pipelines itself
	Locked      bool   // nobody may change its permissions

	// Who may use it at the start; see [permissions].
	OpenAccess bool  `yaml:"openAccess"`
	Pipelines  []int // ids
	Unsigned   bool  // it is unknown who granted the permissions, and when
}

// number returns the numeric id of a resource.
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

// protectedTypes maps each type to whether its ids are GUIDs.
func protectedTypes() map[string]bool {
	return map[string]bool{
		typeEndpoint: true, typeQueue: false, typeVariableGroup: false,
		typeEnvironment: false, typeRepository: true, typeSecureFile: true,
	}
}

// resourceKey identifies a resource in the permissions API. The id is in lower case;
// a repository's begins with its project's.
type resourceKey struct{ kind, id string }

func (p *project) key(r *protected) resourceKey {
	if r.Type == typeRepository {
		return resourceKey{r.Type, strings.ToLower(p.ID + "." + r.ID)}
	}
	return resourceKey{r.Type, strings.ToLower(r.ID)}
}

// add adds a resource to the project with its initial permissions.
func (p *project) add(r *protected, by string) error {
	guids, known := protectedTypes()[r.Type]
	key := p.key(r)
	switch {
	case !known:
		return fmt.Errorf("resource %q of %s has the unknown type %q", r.Name, p.Name, r.Type)
	case guids != isGUID(r.ID) || !guids && r.number() < 1:
		return fmt.Errorf("%s %q of %s has the invalid id %q", r.Type, r.Name, p.Name, r.ID)
	case p.index[key] != nil:
		return fmt.Errorf("%s %s of %s exists already", r.Type, r.ID, p.Name)
	}
	p.index[key] = r
	p.byType[r.Type] = append(p.byType[r.Type], r)
	if r.OpenAccess || len(r.Pipelines) > 0 {
		p.granted[key] = initialPermissions(r, by)
	}
	return nil
}

// find returns a resource by type and id, or nil. It does not find repositories.
func (p *project) find(kind, id string) *protected {
	return p.index[resourceKey{kind, strings.ToLower(id)}]
}

// has reports whether a resource exists. A repository may belong to another project.
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
	Folder string // "" is the root; other folders begin with a backslash
}

func (b *pipeline) path() string { return cmp.Or(b.Folder, `\`) }

func (p *project) pipeline(id int) *pipeline {
	i := slices.IndexFunc(p.Pipelines, func(b *pipeline) bool { return b.ID == id })
	if i < 0 {
		return nil
	}
	return p.Pipelines[i]
}
