package audit

import (
	"context"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
)

// found is a resource with its permissions and the rules that concern it.
type found struct {
	resource policy.Resource
	project  string // project of its pipelines, as used in addresses
	rules    []asked
	names    *pipelineNames // of the project's pipelines, or nil
	// absent are the violations of a rule that matches no resource. In that case,
	// resource is what was searched for.
	absent []policy.Violation
}

// asked is a rule whose pipelines have been looked up.
type asked struct {
	rule   *policy.Rule
	listed *policy.Listing
}

// source yields resources, always in the same order. If each returns an error, it
// stops.
type source interface {
	each(ctx context.Context, each func(*found) error) error
}

// judge returns the violations of the resource.
func (f *found) judge() []policy.Violation {
	all := f.absent
	for _, a := range f.rules {
		all = append(all, a.rule.Judge(f.resource, a.listed)...)
	}
	return all
}

// describe combines what was found. names may be nil.
func describe(kind string, r client.Resource, p client.Permission, names *pipelineNames) policy.Resource {
	resource := policy.Resource{Type: kind, ID: r.ID, Name: r.Name, Scheme: r.Scheme, Issuer: r.Issuer}
	permit(&resource, p, names)
	return resource
}

// permit sets which pipelines may use the resource.
func permit(r *policy.Resource, p client.Permission, names *pipelineNames) {
	r.Open, r.Pipelines = p.Open, make([]policy.Pipeline, len(p.Grants))
	for i, g := range p.Grants {
		r.Pipelines[i] = policy.Pipeline{ID: g.Pipeline, Name: names.label(g.Pipeline), By: g.By, On: g.On}
	}
}
