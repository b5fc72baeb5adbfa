package steps

import (
	"context"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/audit"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/transport"
)

// checkPermissionsOperation is the row of the table.
func checkPermissionsOperation() Operation {
	return Operation{
		Name: "check-permissions", Does: "checks which pipelines may use a protected resource, against a list or a policy",
		Outputs: append(permissionOutputs(), "drift"),
		New:     func() Step { return new(checkPermissions) },
	}
}

// checkPermissions checks which pipelines may use one protected resource, every
// one of a type, or those that a policy is about. It changes nothing, so that a
// dry run is the run itself.
type checkPermissions struct {
	organization
	audit.Inputs
	// Running is the pipeline that the step runs in. It stands in for the input
	// pipelines where one resource is asked about.
	Running string `azure:"SYSTEM_DEFINITIONID"`
	// RunOf is what runs. In a classic release, Running is the number of a release
	// definition, which is no pipeline's.
	RunOf string `azure:"SYSTEM_HOSTTYPE"`
}

// Validate checks what the fields do not know of each other.
func (c *checkPermissions) Validate() []error {
	return append(c.locate(), c.Problems(c.listed())...)
}

func (c *checkPermissions) Need() auth.Need { return auth.Need{Service: auth.AzureDevOps} }
func (c *checkPermissions) Addresses() []Address {
	return []Address{{transport.Token, c.at.Base, "organization"}}
}
func (c *checkPermissions) defaultTimeout() time.Duration { return c.DefaultTimeout(defaultTimeout) }
func (c *checkPermissions) Read(files Files) []error      { return c.Inputs.Read(files) }
func (c *checkPermissions) Open(files Files) error        { return c.Inputs.Open(files) }

// Run reads, judges, hands the result out, and only then fails.
func (c *checkPermissions) Run(ctx context.Context, e Env) error {
	c.announce(e.Log)
	outcome, err := c.Check(ctx, e.site(c.at, int(c.Concurrency)), c.listed())
	if err != nil {
		return err
	}
	return e.handOut(ctx, outcome)
}

// listed are the pipelines that are asked about.
func (c *checkPermissions) listed() []string {
	if c.byDefault() {
		return []string{c.Running}
	}
	return c.Pipelines
}

func (c *checkPermissions) byDefault() bool {
	inBuild := c.RunOf == "" || strings.EqualFold(c.RunOf, "build")
	return len(c.Pipelines) == 0 && c.ForOne() && c.Running != "" && inBuild
}

// announce says which pipelines are asked about: a check that passes must not
// leave open what it checked.
func (c *checkPermissions) announce(log Logger) {
	switch {
	case c.byDefault():
		log.Infof("checks whether this pipeline (%s, from SYSTEM_DEFINITIONID) may use the resource", c.Running)
	case len(c.listed()) > 0:
		log.Infof("checks whether these pipelines may use it: %s", strings.Join(c.listed(), ", "))
	case c.Policy == "":
		log.Infof("no pipelines are given: reports which may use it, and checks nothing")
	}
}

// site is the organization as an audit works with it.
func (e Env) site(at client.Organization, atOnce int) *audit.Site {
	return &audit.Site{
		Caller: e.Caller, At: at, Log: e.Log, Now: e.Now, Wait: lease.Wait,
		AtOnce: atOnce, Attempts: e.Attempts, MaxOutput: e.MaxOutput,
	}
}

// handOut delivers what an audit came to, and then fails as its verdict says.
func (e Env) handOut(ctx context.Context, o audit.Outcome) error {
	outputs := o.Outputs
	if o.Verdict != nil {
		outputs = append(outputs, host.Output{Name: host.ErrorOutput, Value: string(o.Verdict.Code)})
	}
	if _, err := e.Deliver(ctx, Result{Done: o.Done, Outputs: outputs, Summary: o.Summary}); err != nil {
		return err
	}
	if o.Verdict != nil {
		return o.Verdict
	}
	return nil
}
