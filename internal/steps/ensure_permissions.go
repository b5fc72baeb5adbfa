package steps

import (
	"context"
	"time"

	"github.com/azstep/azstep/internal/audit"
	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// ensurePermissionsOperation is the operation's row in the table.
func ensurePermissionsOperation() Operation {
	return Operation{
		Name: "ensure-permissions", Does: "permits pipelines to use a protected resource, or applies a policy; changes only what differs",
		Outputs: append(permissionOutputs(), "changed", "added", "removed", "drift"),
		New:     func() Step { return new(ensurePermissions) },
	}
}

// ensurePermissions permits the listed pipelines to use a protected resource, or
// applies a policy. It changes only what differs.
type ensurePermissions struct {
	organization
	audit.Inputs
	Exclusive  input.Bool `env:"EXCLUSIVE, default=false"`
	OpenAccess string     `env:"OPEN_ACCESS"`
}

// Validate checks rules that concern several inputs.
func (p *ensurePermissions) Validate() []error {
	problems := append(p.locate(), p.Problems(p.Pipelines)...)
	if p.Policy != "" {
		return append(problems, p.besidePolicy()...)
	}
	return append(problems, p.checkWish()...)
}

func (p *ensurePermissions) besidePolicy() (problems []error) {
	const hint = ": remove it, or remove policy; each rule of a policy sets this for its own resources"
	if p.Exclusive {
		problems = append(problems, fault.Input("exclusive", "exclusive"+hint, "exclusive: the policy already says which pipelines can use which resources"))
	}
	if p.OpenAccess != "" {
		problems = append(problems, fault.Input("open-access", "open-access"+hint, "open-access: the policy already says which resources are open"))
	}
	return problems
}

// checkWish checks that the inputs name one resource and something to change.
func (p *ensurePermissions) checkWish() (problems []error) {
	if !p.ForOne() {
		problems = append(problems, fault.Input("resource-name", "resource-name: name one resource; to change several, write a policy, which others can review", "resource-name: \"*\" means every resource, but ensure-permissions changes one"))
	}
	if p.OpenAccess != "" && p.access() == "" {
		problems = append(problems, input.Wrong("open-access", p.OpenAccess, "write allowed or forbidden, or remove it to leave open access unchanged"))
	}
	switch {
	case bool(p.Exclusive) && len(p.Pipelines) == 0:
		problems = append(problems, fault.Input("exclusive", "set `pipelines` to the pipelines that keep the permission", "exclusive removes the permission of all pipelines that `pipelines` does not list, but `pipelines` is not set"))
	case p.OpenAccess == "" && len(p.Pipelines) == 0:
		problems = append(problems, fault.Input("pipelines", "set `pipelines`, `open-access` or `policy`", "there is nothing to do: `pipelines`, `open-access` and `policy` are not set"))
	}
	return problems
}

// access returns what the input open-access asks for, as a rule of a policy would;
// "" means an invalid value.
func (p *ensurePermissions) access() policy.Access {
	switch p.OpenAccess {
	case "":
		return policy.Allowed
	case "allowed":
		return policy.Required
	case "forbidden":
		return policy.Forbidden
	}
	return ""
}

func (p *ensurePermissions) Need() auth.Need { return auth.Need{Service: auth.AzureDevOps} }
func (p *ensurePermissions) Addresses() []Address {
	return []Address{{transport.Token, p.at.Base, "organization"}}
}
func (p *ensurePermissions) defaultTimeout() time.Duration { return p.DefaultTimeout(defaultTimeout) }
func (p *ensurePermissions) Read(files Files) []error      { return p.Inputs.Read(files) }
func (p *ensurePermissions) Open(files Files) error        { return p.Inputs.Open(files) }

// Run reads, changes what differs, delivers the result, and only then fails.
func (p *ensurePermissions) Run(ctx context.Context, e Env) error {
	wish := audit.Wish{Exclusive: bool(p.Exclusive), OpenAccess: p.access()}
	outcome, err := p.Ensure(ctx, e.site(p.at, int(p.Concurrency)), wish, e.DryRun)
	if err != nil {
		return err
	}
	return e.handOut(ctx, outcome)
}
