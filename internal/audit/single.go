package audit

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// single is a source of one resource. With ids it makes one request if a pipeline
// may use the resource, and otherwise a second one to find out whether the resource
// exists.
type single struct {
	site     *Site
	project  string
	kind     client.ResourceType
	id, name string
	rule     policy.Rule
}

func (s *single) each(ctx context.Context, each func(*found) error) error {
	subject, seen, err := s.subject(ctx)
	if err != nil {
		return err
	}
	names, listed, err := lookUp(ctx, s.site, s.project, s.rule.Pipelines)
	if err != nil {
		return err
	}
	permission, err := s.site.permissions(s.project).Get(ctx, s.kind, subject.ID)
	if err != nil {
		return err
	}
	if !permission.Open && len(permission.Grants) == 0 && !seen {
		if subject, err = s.confirm(ctx, subject.ID); err != nil {
			return err
		}
	}
	return each(&found{
		resource: describe(string(s.kind), subject, permission, names), project: s.project, names: names,
		rules: []asked{{&s.rule, listed}},
	})
}

// subject returns the resource with the id that the permission API uses. seen says
// that it was found, and not only named.
func (s *single) subject(ctx context.Context) (found client.Resource, seen bool, err error) {
	switch {
	case s.kind == client.Repository:
		return s.repository(ctx, s.id+s.name)
	case s.id != "":
		id, _, _ := policy.ParseID(string(s.kind), s.id)
		return client.Resource{ID: id}, false, nil
	}
	found, err = s.named(ctx)
	return found, err == nil, err
}

// repository converts any form of a repository to projectId.repositoryId. If both
// ids are given, it makes no request.
func (s *single) repository(ctx context.Context, text string) (client.Resource, bool, error) {
	id, _, isID := policy.ParseID(string(client.Repository), text)
	switch {
	case isID && strings.Contains(id, "."):
		return client.Resource{ID: id}, false, nil
	case isID && pattern.IsGUID(s.project):
		return client.Resource{ID: strings.ToLower(s.project) + "." + id}, false, nil
	}
	found, ok, err := s.site.resources(s.project).Find(ctx, client.Repository, text)
	if err == nil && !ok {
		err = s.missing(text)
	}
	return found, err == nil, err
}

// named finds the resource by its name in the whole list, because the service's own
// filter may interpret the name as a pattern.
func (s *single) named(ctx context.Context) (client.Resource, error) {
	var candidates []client.Resource
	for r, err := range s.site.resources(s.project).All(ctx, s.kind) {
		if err != nil {
			return client.Resource{}, err
		}
		if strings.EqualFold(r.Name, s.name) {
			candidates = append(candidates, r)
		}
	}
	best := meant(s.name, candidates, func(r client.Resource) string { return r.Name })
	switch len(best) {
	case 0:
		return client.Resource{}, s.missing(s.name)
	case 1:
		return best[0], nil
	}
	return client.Resource{}, ambiguous(string(s.kind), s.name, best, func(r client.Resource) string { return r.ID })
}

// confirm asks whether a resource exists that no pipeline may use.
func (s *single) confirm(ctx context.Context, id string) (client.Resource, error) {
	found, ok, err := s.site.exists(ctx, s.project, s.kind, id)
	if err == nil && !ok {
		err = s.missing(id)
	}
	return found, err
}

func (s *single) missing(text string) error {
	return fault.New(fault.ResourceNotFound, "%s has no %s %q, or the credential has no access to it", s.project, s.kind, text).
		With("check resource-type and resource-id or resource-name, and that the credential's identity may read the resource")
}

// exists looks a resource up by the id that the permission API uses.
func (s *Site) exists(ctx context.Context, project string, kind client.ResourceType, id string) (client.Resource, bool, error) {
	if kind != client.Repository {
		return s.resources(project).Find(ctx, kind, id)
	}
	owner, own, _ := strings.Cut(id, ".") // the repository may belong to a different project
	found, ok, err := s.resources(owner).Find(ctx, kind, own)
	if fault.Is(err, fault.ProjectNotFound) {
		return found, false, nil
	}
	return found, ok, err
}
