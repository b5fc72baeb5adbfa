package steps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/text"
)

// mintIoTTokenOperation is the operation's row in the table.
func mintIoTTokenOperation() Operation {
	return Operation{
		Name: "mint-iot-token", Does: "creates a short-lived IoT Central API token", Mints: true,
		Outputs: []string{"token", "authorization-header", "token-id", "roles", "valid-to"},
		New:     func() Step { return new(mintIoTToken) },
	}
}

// mintIoTToken creates an API token in an IoT Central application.
type mintIoTToken struct {
	application
	lifetime
	TokenID string     `env:"TOKEN_ID"`
	Roles   string     `env:"ROLES" required:"true"`
	Replace input.Bool `env:"REPLACE, default=false"`
	wanted  []assignment
}

// tokenID restricts an id to one plain path segment. The service does not document a
// grammar.
var tokenID = pattern.New(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

const tokenIDHint = "letters, digits, hyphens, underscores and dots"

// Validate checks rules that concern several inputs.
func (m *mintIoTToken) Validate() []error {
	problems := append(m.locate(), m.problems(time.Now())...)
	if m.TokenID != "" && !tokenID.MatchString(m.TokenID) {
		problems = append(problems, input.Wrong("token-id", m.TokenID, tokenIDHint))
	}
	wanted, wrong := parseRoles(m.Roles)
	m.wanted = wanted
	return append(problems, wrong...)
}

// Run mints the token under a lease. It mints once more if this machine's wrong
// clock gave the token a different lifetime than requested.
func (m *mintIoTToken) Run(ctx context.Context, e Env) error {
	api := client.IoTCentral{Caller: e.Caller, Base: m.at.Base}
	c := &clock{env: e, life: &m.lifetime}
	in, err := m.intent(e, c.start())
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
		return e.rehearsed(ctx, "mint the API token %q, to expire at %s", in.Name, text.Moment(in.Expires, e.Now()))
	}
	service := &iotService{api: api, roles: roles}
	err = m.mint(ctx, e, c, service, in)
	if err == nil && c.again || c.refused(err, in.Expires) {
		if in, err = m.intent(e, c.start()); err == nil {
			err = m.mint(ctx, e, c, service, in)
		}
	}
	return err
}

func (m *mintIoTToken) mint(ctx context.Context, e Env, c *clock, service *iotService, in lease.Intent) error {
	return lease.Hold(ctx, e.lease("the API token"), service, in, func(ctx context.Context, t client.APIToken) (bool, error) {
		e.Hide(t.Token)
		c.read(t.Made)
		if c.misled(in.Expires, lastOf(t)) {
			return false, nil
		}
		if err := m.compare(c.corrected(), in.Expires, lastOf(t)); err != nil {
			return false, err
		}
		return m.deliver(ctx, e, m.result(c.corrected(), t, service.roles))
	})
}

// intent chooses the token's id and random milliseconds for its expiry. Together
// they distinguish this run's token from any other with the same id.
func (m *mintIoTToken) intent(e Env, start time.Time) (lease.Intent, error) {
	in := lease.Intent{Kind: kindIoT, Base: m.at.Base.String(), Name: m.TokenID, Expires: m.end(start).Truncate(time.Second),
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

// vacate makes sure that an id chosen by the user is not in use. A generated id
// never is.
func (m *mintIoTToken) vacate(ctx context.Context, e Env, api client.IoTCentral) error {
	if m.TokenID == "" {
		return nil
	}
	_, taken, err := api.Token(ctx, m.TokenID)
	switch {
	case err != nil || !taken:
		return err
	case !bool(m.Replace):
		return fault.New(fault.TokenExists, "the API token %q already exists", m.TokenID)
	case e.DryRun:
		e.Log.Infof("dry run: would delete the API token %q, which exists", m.TokenID)
		return nil
	}
	e.Log.Infof("deleting the API token %q to replace it", m.TokenID)
	_, err = api.DeleteToken(ctx, m.TokenID)
	return err
}

// compare warns if the service set a shorter lifetime than requested, and fails for
// a longer one: a token that is valid for longer than requested is not delivered.
func (m *mintIoTToken) compare(e Env, asked, got time.Time) error {
	switch {
	case got.IsZero():
		return fault.New(fault.BadResponse, "the service did not say when the API token expires")
	case got.After(asked.Add(minute)):
		return fault.New(fault.BadResponse, "the service lengthened the API token's lifetime: it %s, not at %s", e.expires(got), text.Moment(asked, e.Now())).
			With("request a longer lifetime if that is acceptable; otherwise use mint-entra-token with resource: iot-central")
	case got.Before(asked.Add(-minute)):
		e.Log.Warnf("the service shortened the API token's lifetime: it %s, not at %s", e.expires(got), text.Moment(asked, e.Now()))
	}
	return nil
}

func rolesOutput(roles []client.RoleAssignment) host.Output {
	text, _ := json.Marshal(roles) // strings can always be encoded
	return host.Output{Name: "roles", Value: string(text)}
}

func (m *mintIoTToken) result(e Env, t client.APIToken, asked []client.RoleAssignment) Result {
	if len(t.Roles) == 0 {
		t.Roles = asked
	}
	end := t.Expiry
	if end.IsZero() {
		end = lastOf(t)
	}
	return Result{
		Token: t.Token,
		Done:  fmt.Sprintf("minted the API token %q, %s; %s", t.ID, e.expires(end), m.ending(e)),
		Outputs: []host.Output{
			{Name: "token", Value: t.Token, Secret: true},
			{Name: "authorization-header", Value: t.Token, Secret: true},
			{Name: "token-id", Value: t.ID},
			rolesOutput(t.Roles),
			{Name: "valid-to", Value: instant(end)},
		},
		Summary: host.Summary{
			Title: "IoT Central API token",
			Head:  []string{"Id", "Roles", "Expires", "How it ends"},
			Rows:  [][]string{{t.ID, describeRoles(m.wanted), text.Moment(end, e.Now()), m.ending(e)}},
		},
	}
}

const kindIoT = "iot-token"

// generatedID begins the ids that azstep generates. The rest is random, so they are
// unique.
const generatedID = "azstep-"
