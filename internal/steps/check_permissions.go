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

// checkPermissionsOperation is the operation's row in the table.
func checkPermissionsOperation() Operation {
	return Operation{
		Name: "check-permissions", Does: "checks which pipelines can use a protected resource, against a list or a policy",
		Outputs: append(permissionOutputs(), "drift"),
		New:     func() Step { return new(checkPermissions) },
	}
}

// checkPermissions checks which pipelines may use one protected resource, all
// resources of a type, or those in a policy. It changes nothing, so that a dry run
// is the same as a real one.
type checkPermissions struct {
	organization
	audit.Inputs
	// Running is the pipeline in which the step runs. It is the default of the input
	// pipelines if the step checks a single resource.
	Running string `azure:"SYSTEM_DEFINITIONID"`
	// RunOf says what is running. In a classic release, Running is the number of a
	// release definition, which is not a pipeline.
	RunOf string `azure:"SYSTEM_HOSTTYPE"`
}

// Validate checks rules that concern several inputs.
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

// Run reads, judges, delivers the result, and only then fails.
func (c *checkPermissions) Run(ctx context.Context, e Env) error {
	c.announce(e.Log)
	outcome, err := c.Check(ctx, e.site(c.at, int(c.Concurrency)), c.listed())
	if err != nil {
		return err
	}
	return e.handOut(ctx, outcome)
}

// listed returns the pipelines to check.
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

// announce logs which pipelines are checked, so that a successful check also says
// what it checked.
func (c *checkPermissions) announce(log Logger) {
	switch {
	case c.byDefault():
		log.Infof("checking whether this pipeline (%s, from SYSTEM_DEFINITIONID) can use the resource", c.Running)
	case len(c.listed()) > 0:
		log.Infof("checking whether these pipelines can use it: %s", strings.Join(c.listed(), ", "))
	case c.Policy == "":
		log.Infof("`pipelines` is not set, so azstep reports which pipelines can use the resource and checks nothing")
	}
}

// site describes the organization for an audit.
func (e Env) site(at client.Organization, atOnce int) *audit.Site {
	return &audit.Site{
		Caller: e.Caller, At: at, Log: e.Log, Now: e.Now, Wait: lease.Wait,
		AtOnce: atOnce, Attempts: e.Attempts, MaxOutput: e.MaxOutput,
	}
}

// handOut delivers the result of an audit, and then fails if its verdict says so.
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

// permissionOutputs lists the outputs about permissions of resources.
func permissionOutputs() []string {
	return []string{"authorized", "all-pipelines", "authorized-pipelines", "missing-pipelines", "violations", "report", "truncated"}
}
