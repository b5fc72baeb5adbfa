package steps

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// one checks a single resource. By ids it takes one request where somebody may
// use the resource, and a second one, whether it exists, where nobody may.
func (c *checkPermissions) one(ctx context.Context, e Env, t *tally) error {
	project := c.Project[0]
	found, seen, err := c.subject(ctx, e, project)
	if err != nil {
		return err
	}
	names, listed, err := c.lookUp(ctx, e, project)
	if err != nil {
		return err
	}
	permission, err := c.permissions(e, project).Get(ctx, c.kind(), found.ID)
	if err != nil {
		return err
	}
	if !permission.Open && len(permission.Grants) == 0 && !seen {
		if found, err = c.confirm(ctx, e, project, found.ID); err != nil {
			return err
		}
	}
	resource := describe(string(c.kind()), found, permission, names)
	rule := policy.Rule{OpenAccess: policy.Allowed}
	return t.add(resource, rule.Judge(resource, listed))
}

// subject is the resource with the id that the permission API knows it by. seen
// says that it was found, and not just named.
func (c *checkPermissions) subject(ctx context.Context, e Env, project string) (found client.Resource, seen bool, err error) {
	api := c.resources(e, project)
	switch {
	case c.kind() == client.Repository:
		return c.repository(ctx, api, c.ResourceID+c.ResourceName)
	case c.ResourceID != "":
		id, _, _ := policy.ParseID(string(c.kind()), c.ResourceID)
		return client.Resource{ID: id}, false, nil
	}
	found, err = c.named(ctx, api)
	return found, err == nil, err
}

// repository turns any form of a repository into projectId.repositoryId. Where
// both ids are given, nothing is looked up.
func (c *checkPermissions) repository(ctx context.Context, api *client.Resources, text string) (client.Resource, bool, error) {
	id, _, isID := policy.ParseID(string(client.Repository), text)
	switch {
	case isID && strings.Contains(id, "."):
		return client.Resource{ID: id}, false, nil
	case isID && pattern.IsGUID(api.Project):
		return client.Resource{ID: strings.ToLower(api.Project) + "." + id}, false, nil
	}
	found, ok, err := api.Find(ctx, client.Repository, text)
	if err == nil && !ok {
		err = c.noResource(api.Project, text)
	}
	return found, err == nil, err
}

// named finds the resource by its name, in the whole list: a service's own
// filter may take the name for a pattern.
func (c *checkPermissions) named(ctx context.Context, api *client.Resources) (client.Resource, error) {
	var bearers []client.Resource
	for r, err := range api.All(ctx, c.kind()) {
		if err != nil {
			return client.Resource{}, err
		}
		if strings.EqualFold(r.Name, c.ResourceName) {
			bearers = append(bearers, r)
		}
	}
	best := meant(c.ResourceName, bearers, func(r client.Resource) string { return r.Name })
	switch len(best) {
	case 0:
		return client.Resource{}, c.noResource(api.Project, c.ResourceName)
	case 1:
		return best[0], nil
	}
	return client.Resource{}, ambiguous(string(c.kind()), c.ResourceName, best, func(r client.Resource) string { return r.ID })
}

// confirm asks whether a resource exists that nobody may use.
func (c *checkPermissions) confirm(ctx context.Context, e Env, project, id string) (client.Resource, error) {
	found, ok, err := c.exists(ctx, e, project, c.kind(), id)
	if err == nil && !ok {
		err = c.noResource(project, id)
	}
	return found, err
}

// exists looks a resource up by the id that the permission API knows it by.
func (c *checkPermissions) exists(ctx context.Context, e Env, project string, kind client.ResourceType, id string) (client.Resource, bool, error) {
	if kind != client.Repository {
		return c.resources(e, project).Find(ctx, kind, id)
	}
	owner, own, _ := strings.Cut(id, ".") // the repository's project may be another one
	found, ok, err := c.resources(e, owner).Find(ctx, kind, own)
	if fault.Is(err, fault.ProjectNotFound) {
		return found, false, nil
	}
	return found, ok, err
}

func (c *checkPermissions) noResource(project, text string) error {
	return fault.New(fault.ResourceNotFound, "%s has no %s %q, or the credential may not see it", project, c.kind(), text).
		With("check resource-type and resource-id or resource-name, and that the credential's identity may read the resource")
}

// describe puts together what was found. names may be nil.
func describe(kind string, r client.Resource, p client.Permission, names *pipelineNames) policy.Resource {
	resource := policy.Resource{Type: kind, ID: r.ID, Name: r.Name, Open: p.Open, Pipelines: make([]policy.Pipeline, len(p.Grants))}
	for i, g := range p.Grants {
		resource.Pipelines[i] = policy.Pipeline{ID: g.Pipeline, Name: names.label(g.Pipeline), By: g.By, On: g.On}
	}
	return resource
}
