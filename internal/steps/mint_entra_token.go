package steps

import (
	"context"
	"fmt"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/text"
)

// mintEntraTokenOperation is the operation's row in the table.
func mintEntraTokenOperation() Operation {
	return Operation{
		Name: "mint-entra-token", Does: "gets a Microsoft Entra access token for Azure DevOps or IoT Central", Mints: true,
		Outputs: []string{"token", "authorization-header", "valid-to"},
		New:     func() Step { return new(mintEntraToken) },
	}
}

// mintEntraToken gets an Entra access token. Such a token cannot be revoked; it
// usually expires after an hour.
type mintEntraToken struct {
	Resource string `env:"RESOURCE, default=azure-devops"`
}

// entraScope matches a v2 scope: a resource and one of its permissions (`.default`
// for an application).
var entraScope = pattern.New(`^[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>\\^` + "`" + `{|}]+/[A-Za-z0-9._-]+$|^(?i)[0-9a-f-]{36}/[A-Za-z0-9._-]+$`)

// Validate checks the resource.
func (m *mintEntraToken) Validate() []error {
	switch m.Resource {
	case "azure-devops", "iot-central":
		return nil
	}
	if len(m.Resource) > 512 || !entraScope.MatchString(m.Resource) {
		return []error{input.Wrong("resource", m.Resource, "azure-devops, iot-central, or a v2 scope such as https://management.azure.com/.default")}
	}
	return nil
}

func (m *mintEntraToken) Need() auth.Need {
	switch {
	case m.Resource == "iot-central":
		return auth.Need{Service: auth.IoTCentral, TokenOnly: true}
	case entraScope.MatchString(m.Resource):
		return auth.Need{Service: auth.Entra, Scope: m.Resource, TokenOnly: true}
	}
	return auth.Need{Service: auth.AzureDevOps, TokenOnly: true}
}

// Addresses returns nothing: only the credential itself sends requests, to Entra.
func (m *mintEntraToken) Addresses() []Address { return nil }

// Run gets the token and delivers it.
func (m *mintEntraToken) Run(ctx context.Context, e Env) error {
	t, err := e.Token(ctx)
	if err != nil {
		return err
	}
	e.Hide(t.Value)
	t.Expires = t.Expires.Truncate(time.Second)
	if e.DryRun {
		return e.rehearsed(ctx, "output the Entra token for %s, %s", m.Resource, e.expires(t.Expires))
	}
	_, err = e.Deliver(ctx, Result{
		Token: t.Value,
		Done:  fmt.Sprintf("got an Entra token for %s, %s", m.Resource, e.expires(t.Expires)),
		Outputs: []host.Output{
			{Name: "token", Value: t.Value, Secret: true},
			{Name: "authorization-header", Value: "Bearer " + t.Value, Secret: true},
			{Name: "valid-to", Value: instant(t.Expires)},
		},
		Summary: host.Summary{
			Title: "Microsoft Entra access token",
			Head:  []string{"Resource", "Expires", "How it ends"},
			Rows:  [][]string{{m.Resource, text.Moment(t.Expires, e.Now()), "expires by itself"}},
		},
	})
	return err
}
