package steps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// application is the input of every IoT Central operation.
type application struct {
	Application string `env:"APPLICATION" required:"true"`
	BaseDomain  string `env:"BASE_DOMAIN"`
	base        string
}

// defaultBaseDomain is the only domain of IoT Central that Microsoft documents.
const defaultBaseDomain = "azureiotcentral.com"

func (a *application) locate() []error {
	domain := a.BaseDomain
	if domain == "" {
		domain = defaultBaseDomain
	}
	base, err := client.ParseApplication(a.Application, domain)
	if err != nil {
		return []error{err}
	}
	a.base = base
	return nil
}

func (a *application) Need() auth.Need      { return auth.Need{Service: auth.IoTCentral} }
func (a *application) Addresses() []Address { return []Address{{transport.IoT, a.base}} }

// mintIoTToken creates an API token of an IoT Central application.
type mintIoTToken struct {
	application
	lifetime
	TokenID string     `env:"TOKEN_ID"`
	Roles   string     `env:"ROLES" required:"true"`
	Replace input.Bool `env:"REPLACE, default=false"`
	wanted  []assignment
}

// tokenID keeps an id in one plain path segment. The service documents no
// grammar for it.
var tokenID = pattern.New(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

const tokenIDHint = "letters, digits, hyphens, underscores and dots"

// Validate checks what the fields do not know of each other.
func (m *mintIoTToken) Validate() []error {
	problems := append(m.locate(), m.problems(time.Now())...)
	if m.TokenID != "" && !tokenID.MatchString(m.TokenID) {
		problems = append(problems, input.Wrong("token-id", m.TokenID, tokenIDHint))
	}
	wanted, err := parseRoles(m.Roles)
	if err != nil {
		problems = append(problems, err)
	}
	m.wanted = wanted
	return problems
}

// Run mints the token under a lease.
func (m *mintIoTToken) Run(ctx context.Context, e Env) error {
	api := client.IoTCentral{Caller: e.Caller, Base: m.base}
	in, err := m.intent(e)
	if err != nil {
		return err
	}
	m.announce(e, in.Expires)
	roles, err := resolveRoles(ctx, api, m.wanted)
	if err != nil {
		return err
	}
	if err := e.check(rolesOutput(roles)); err != nil {
		return err
	}
	if err := m.vacate(ctx, e, api); err != nil {
		return err
	}
	if e.DryRun {
		return e.rehearsed(ctx, "mint the API token %q, valid until %s", in.Name, stamp(in.Expires))
	}
	return lease.Hold(ctx, &iotService{api: api, roles: roles}, e.Journal, in, func(ctx context.Context, t client.APIToken) (bool, error) {
		e.Hide(t.Token)
		if err := m.compare(e.Log, in.Expires, t.Expiry); err != nil {
			return false, err
		}
		return m.deliver(ctx, e, m.result(e, t, roles))
	})
}

// intent names the token and gives its expiry milliseconds at random: together
// with the id they tell this invocation's token from any other of that id.
func (m *mintIoTToken) intent(e Env) (lease.Intent, error) {
	in := lease.Intent{Kind: kindIoT, Base: m.base, Name: m.TokenID, Expires: m.end(e.Now()).Truncate(time.Second),
		Access: e.Access, Outlive: !bool(m.RevokeAtJobEnd), Shared: m.TokenID != ""}
	if in.Name == "" {
		in.Name = generatedID + strings.ToLower(rand.Text())
	}
	ms, err := rand.Int(rand.Reader, big.NewInt(int64(time.Second/time.Millisecond)))
	if err != nil {
		return in, err
	}
	in.Expires = in.Expires.Add(time.Duration(ms.Int64()) * time.Millisecond)
	return in, nil
}

// vacate makes sure that an id of the user's own is free. A generated one is.
func (m *mintIoTToken) vacate(ctx context.Context, e Env, api client.IoTCentral) error {
	if m.TokenID == "" {
		return nil
	}
	_, taken, err := api.Token(ctx, m.TokenID)
	switch {
	case err != nil || !taken:
		return err
	case !bool(m.Replace):
		return fault.New(fault.TokenExists, "the API token %q exists already", m.TokenID)
	case e.DryRun:
		e.Log.Infof("dry run: would delete the API token %q, which exists", m.TokenID)
		return nil
	}
	e.Log.Infof("deletes the API token %q, to replace it", m.TokenID)
	return api.DeleteToken(ctx, m.TokenID)
}

// compare tells when the service gave less than was asked for, and refuses
// more: a token that lives longer than anybody asked is not delivered.
func (m *mintIoTToken) compare(log Logger, asked, got time.Time) error {
	switch {
	case got.IsZero():
		return fault.New(fault.BadResponse, "the answer does not say when the API token expires")
	case got.After(asked.Add(time.Second)):
		return fault.New(fault.BadResponse, "the service made the API token valid until %s, later than %s as asked; it has been deleted", stamp(got), stamp(asked)).
			With("ask for a longer lifetime, if that is acceptable; else use mint-entra-token with resource: iot-central")
	case got.Before(asked.Add(-time.Second)):
		log.Warnf("the service shortened the API token's life: valid until %s, not %s", stamp(got), stamp(asked))
	}
	return nil
}

func rolesOutput(roles []client.RoleAssignment) host.Output {
	text, _ := json.Marshal(roles) // strings always can
	return host.Output{Name: "roles", Value: string(text)}
}

func (m *mintIoTToken) result(e Env, t client.APIToken, asked []client.RoleAssignment) Result {
	if len(t.Roles) == 0 {
		t.Roles = asked
	}
	return Result{
		Token: t.Token,
		Lease: fmt.Sprintf("the API token %q", t.ID),
		Done:  fmt.Sprintf("minted the API token %q, valid until %s, %s", t.ID, stamp(t.Expiry), m.ending(e)),
		Outputs: []host.Output{
			{Name: "token", Value: t.Token, Secret: true},
			{Name: "authorization-header", Value: t.Token, Secret: true},
			{Name: "token-id", Value: t.ID},
			rolesOutput(t.Roles),
			{Name: "valid-to", Value: instant(t.Expiry)},
		},
		Summary: host.Summary{
			Title: "IoT Central API token",
			Head:  []string{"Id", "Roles", "Valid until", "How it ends"},
			Rows:  [][]string{{t.ID, describeRoles(m.wanted), stamp(t.Expiry), m.ending(e)}},
		},
	}
}
