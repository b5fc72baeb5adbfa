package steps

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
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
	wanted, err := parseRoles(m.Roles)
	if err != nil {
		problems = append(problems, err)
	}
	m.wanted = wanted
	return problems
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
		if err := m.compare(e.Log, in.Expires, lastOf(t)); err != nil {
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
		return fault.New(fault.TokenExists, "the API token %q exists already", m.TokenID)
	case e.DryRun:
		e.Log.Infof("dry run: would delete the API token %q, which exists", m.TokenID)
		return nil
	}
	e.Log.Infof("deleting the API token %q, to replace it", m.TokenID)
	_, err = api.DeleteToken(ctx, m.TokenID)
	return err
}

// compare warns if the service set a shorter lifetime than requested, and fails for
// a longer one: a token that is valid for longer than requested is not delivered.
func (m *mintIoTToken) compare(log Logger, asked, got time.Time) error {
	switch {
	case got.IsZero():
		return fault.New(fault.BadResponse, "the answer does not say when the API token expires")
	case got.After(asked.Add(minute)):
		return fault.New(fault.BadResponse, "the service made the API token valid until %s, later than %s as asked", stamp(got), stamp(asked)).
			With("ask for a longer lifetime, if that is acceptable; else use mint-entra-token with resource: iot-central")
	case got.Before(asked.Add(-minute)):
		log.Warnf("the service shortened the API token's life: valid until %s, not %s", stamp(got), stamp(asked))
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
			Head:  []string{"Id", "Roles", "Valid until", "How it ends"},
			Rows:  [][]string{{t.ID, describeRoles(m.wanted), text.Moment(end, e.Now()), m.ending(e)}},
		},
	}
}

const kindIoT = "iot-token"

// generatedID begins the ids that azstep generates. The rest is random, so they are
// unique.
const generatedID = "azstep-"

// iotService adapts IoT Central's API tokens to the lease. An id belongs to one
// token at a time, but an id that a user chose may belong to another token by now.
// For such a token, the lease also keeps the expiry that the service set.
type iotService struct {
	api   client.IoTCentral
	roles []client.RoleAssignment
	// late says that this is a different process from the one that minted: what it
	// finds may be old.
	late bool
}

func (s *iotService) Issue(ctx context.Context, in lease.Intent) (lease.Issued[client.APIToken], error) {
	t, err := s.api.CreateToken(ctx, in.Name, s.roles, in.Expires)
	if err != nil {
		return lease.Issued[client.APIToken]{Value: t}, err
	}
	t.ID = in.Name
	return lease.Issued[client.APIToken]{Value: t, ID: signOf(in, t.Expiry), Expires: lastOf(t)}, nil
}

// lastOf returns the latest expiry in the response: that of the resource or that in
// the token itself.
func lastOf(t client.APIToken) time.Time {
	if se, ok := client.SASExpiry(t.Token); ok && se.After(t.Expiry) {
		return se
	}
	return t.Expiry
}

// Find looks up the id, and checks whether the token belongs to this intent.
func (s *iotService) Find(ctx context.Context, in lease.Intent) ([]string, error) {
	t, ok, err := s.api.Token(ctx, in.Name)
	switch {
	case err != nil || !ok:
		return nil, err
	case !in.Shared:
		return []string{in.Name}, nil
	case in.ID != "" && isSign(in.ID, t.Expiry), t.Expiry.Equal(in.Expires):
		return []string{signOf(in, t.Expiry)}, nil
	case !s.late && t.Expiry.After(in.Expires) && !isRounded(in.Expires, t.Expiry):
		return nil, theirs(in, "it expires "+stamp(t.Expiry)+", which is later than this step asked for")
	case !s.late && len(t.Roles) > 0 && !sameRoles(t.Roles, s.roles):
		return nil, theirs(in, "it has other roles than this step asked for")
	}
	return nil, unclear(in, t)
}

// theirs returns the error for a token that someone else created in the meantime.
func theirs(in lease.Intent, why string) error {
	return &lease.Taken{Err: fault.New(fault.TokenExists, "the API token %q exists; %s, so somebody else created it", in.Name, why)}
}

// sameRoles compares roles, ignoring their order.
func sameRoles(a, b []client.RoleAssignment) bool {
	if len(a) != len(b) {
		return false
	}
	rest := slices.Clone(b)
	for _, role := range a {
		i := slices.Index(rest, role)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

// unclear returns the error for a token that may belong to this intent: the service
// may have shortened or rounded its lifetime, or someone else may have taken the id.
func unclear(in lease.Intent, t client.APIToken) error {
	return fault.New(fault.RevokeFailed, "an API token %q exists and expires %s; this job asked for one that expires %s, so azstep cannot tell whether it is that one, and left it alone",
		in.Name, stamp(t.Expiry), stamp(in.Expires)).
		With(fmt.Sprintf("look at the API token %s of the application (Permissions > API tokens), and delete it unless somebody else created it; leave token-id out, and azstep always knows its own", in.Name))
}

// Revoke deletes the token unless the id belongs to a different token by now.
func (s *iotService) Revoke(ctx context.Context, sign string) (gone bool, err error) {
	id, _, shared := strings.Cut(sign, " ")
	if shared {
		t, ok, err := s.api.Token(ctx, id)
		if err != nil || !ok || !isSign(sign, t.Expiry) {
			return err == nil, err
		}
	}
	return s.api.DeleteToken(ctx, id)
}

// signOf returns what the lease keeps of a token: its id and, if the id may be
// shared, its expiry. If the response contained no expiry, signOf uses the requested
// one and adds a question mark: the service may also omit it later.
func signOf(in lease.Intent, expiry time.Time) string {
	switch {
	case !in.Shared:
		return in.Name
	case expiry.IsZero():
		return in.Name + " " + in.Expires.UTC().Format(time.RFC3339Nano) + "?"
	}
	return in.Name + " " + expiry.UTC().Format(time.RFC3339Nano)
}

// isSign reports whether a token with this expiry is the one that the lease keeps.
// Services write times to the millisecond or to the second.
func isSign(sign string, expiry time.Time) bool {
	_, text, _ := strings.Cut(sign, " ")
	text, unknown := strings.CutSuffix(text, "?")
	kept, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || unknown && expiry.IsZero() {
		return err == nil
	}
	return expiry.Truncate(time.Millisecond).Equal(kept.Truncate(time.Millisecond)) || rounds(kept, expiry, time.Second) || rounds(expiry, kept, time.Second)
}

// isRounded reports whether shown can be the requested time, rounded by a service
// that stores less precise times.
func isRounded(asked, shown time.Time) bool {
	for _, unit := range []time.Duration{time.Second, minute, time.Hour, 24 * time.Hour} {
		if rounds(asked, shown, unit) {
			return true
		}
	}
	return false
}

// rounds reports whether shown is exact, rounded up or down to a whole number of
// units.
func rounds(exact, shown time.Time, unit time.Duration) bool {
	return shown.Equal(shown.Truncate(unit)) && shown.Sub(exact).Abs() < unit
}
