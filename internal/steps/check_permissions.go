package steps

import (
	"context"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// checkPermissions checks which pipelines may use one protected resource, every
// one of a type, or those that a policy is about. It changes nothing, so that a
// dry run is the run itself.
type checkPermissions struct {
	organization
	Project            input.List  `env:"PROJECT" required:"true" azure:"SYSTEM_TEAMPROJECT"`
	ResourceType       string      `env:"RESOURCE_TYPE"`
	ResourceID         string      `env:"RESOURCE_ID"`
	ResourceName       string      `env:"RESOURCE_NAME"`
	Pipelines          input.List  `env:"PIPELINES"`
	FailOnUnauthorized input.Bool  `env:"FAIL_ON_UNAUTHORIZED, default=true"`
	Policy             string      `env:"POLICY"`
	Concurrency        input.Count `env:"CONCURRENCY, default=8"`
	ReportFile         string      `env:"REPORT_FILE"`
	Shard              string      `env:"SHARD"`
	// Running is the pipeline that the step runs in. It stands in for Pipelines
	// where one resource is asked about.
	Running string `azure:"SYSTEM_DEFINITIONID"`

	rules  []policy.Rule // of the policy, or the one that the inputs amount to
	shard  shard
	report reportFile
}

// everything is the value of resource-name and of project that means all.
const everything = "*"

// many reports whether the run is over more than one resource.
func (c *checkPermissions) many() bool { return c.Policy != "" || c.ResourceName == everything }

func (c *checkPermissions) Need() auth.Need      { return auth.Need{Service: auth.AzureDevOps} }
func (c *checkPermissions) Addresses() []Address { return []Address{{transport.Token, c.at.Base}} }

// defaultTimeout: thousands of requests take their time, and so do the waits
// that the service asks for.
func (c *checkPermissions) defaultTimeout() time.Duration {
	if c.many() {
		return 30 * time.Minute
	}
	return defaultTimeout
}

// Run reads, judges, hands the result out, and only then fails.
func (c *checkPermissions) Run(ctx context.Context, e Env) error {
	t := &tally{step: c, env: e, report: report.Bounded{Limit: e.MaxOutput}}
	check := c.one
	if c.many() {
		check = c.all
	}
	if err := check(ctx, e, t); err != nil {
		return err
	}
	return c.deliver(ctx, t)
}

func (c *checkPermissions) resources(e Env, project string) *client.Resources {
	return &client.Resources{Caller: e.Caller, Base: c.at.Base, Project: project, Cloud: c.at.Cloud}
}

func (c *checkPermissions) permissions(e Env, project string) *client.Permissions {
	return &client.Permissions{Caller: e.Caller, Base: c.at.Base, Project: project}
}

// listed are the pipelines that are asked about.
func (c *checkPermissions) listed() []string {
	if len(c.Pipelines) == 0 && !c.many() && c.Running != "" {
		return []string{c.Running}
	}
	return c.Pipelines
}

func (c *checkPermissions) kind() client.ResourceType {
	return client.ResourceType(strings.ToLower(c.ResourceType))
}
