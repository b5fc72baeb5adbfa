package steps

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// mintPATOperation is the operation's row in the table.
func mintPATOperation() Operation {
	return Operation{
		Name: "mint-pat", Does: "creates a short-lived Azure DevOps personal access token", Mints: true,
		Outputs: []string{"token", "authorization-header", "authorization-id", "display-name", "scopes", "valid-from", "valid-to", "target-accounts"},
		New:     func() Step { return new(mintPAT) },
	}
}

// mintPAT creates a personal access token for the credential's user.
type mintPAT struct {
	organization
	lifetime
	Scopes      input.Words `env:"SCOPES" required:"true"`
	DisplayName string      `env:"DISPLAY_NAME"`
	AllOrgs     input.Bool  `env:"ALL_ORGS, default=false"`
}

// Validate checks rules that concern several inputs.
func (m *mintPAT) Validate() []error {
	problems := append(m.locate(), m.problems(time.Now())...)
	if strings.ContainsFunc(m.DisplayName, unicode.IsControl) {
		problems = append(problems, fault.Input("display-name", "display-name: one line without control characters", "display-name contains a control character"))
	}
	return append(problems, checkScopes(m.Scopes)...)
}

func (m *mintPAT) Need() auth.Need {
	return auth.Need{Service: auth.AzureDevOps, UserOnly: true}
}

func (m *mintPAT) Addresses() []Address {
	return []Address{{transport.Token, m.at.PATs, "organization"}}
}

// Run mints the PAT under a lease. It mints once more if this machine's wrong clock
// gave the PAT a different lifetime than requested.
func (m *mintPAT) Run(ctx context.Context, e Env) error {
	m.warn(e.Log)
	c := &clock{env: e, life: &m.lifetime}
	in := m.intent(e, c.start())
	m.announce(e, in.Expires)
	if err := e.check(host.Output{Name: "display-name", Value: in.Name}, host.Output{Name: "scopes", Value: strings.Join(m.Scopes, " ")}); err != nil {
		return err
	}
	if e.DryRun {
		return e.rehearsed(ctx, "mint the PAT %q with %s, to expire at %s", in.Name, strings.Join(m.Scopes, " "), text.Moment(in.Expires, e.Now()))
	}
	err := m.mint(ctx, e, c, in)
	if err == nil && c.again || c.refused(err, in.Expires) {
		return m.mint(ctx, e, c, m.intent(e, c.start()))
	}
	return err
}

func (m *mintPAT) mint(ctx context.Context, e Env, c *clock, in lease.Intent) error {
	service := &patService{api: client.PATs{Caller: e.Caller, Base: m.at.PATs}, scope: strings.Join(m.Scopes, " "), allOrgs: bool(m.AllOrgs)}
	return lease.Hold(ctx, e.lease("the PAT"), service, in, func(ctx context.Context, p client.PAT) (bool, error) {
		e.Hide(p.Token)
		c.read(p.Made, p.ValidFrom)
		if c.misled(in.Expires, p.ValidTo) {
			return false, nil
		}
		m.compare(c.corrected(), in.Expires, p.ValidTo)
		return m.deliver(ctx, e, m.result(c.corrected(), p))
	})
}

func (m *mintPAT) intent(e Env, start time.Time) lease.Intent {
	name := m.DisplayName
	if name == "" {
		name = e.RunName
	}
	return lease.Intent{
		Kind: kindPAT, Base: m.at.PATs.String(), Name: mark(name), Expires: m.end(start),
		Access: e.Access, Outlive: !bool(m.RevokeAtJobEnd),
	}
}

// mark makes a name unique by adding 8 random hex digits.
func mark(name string) string { return name + " [azstep:" + nonce() + "]" }

func nonce() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func (m *mintPAT) warn(log Logger) {
	warnScopes(log, m.Scopes)
	if m.AllOrgs {
		log.Warnf("all-orgs: PATs for all organizations stop working on 2026-12-01, and the service may refuse to create one; remove it")
	}
}

// compare warns if the service set a shorter or longer lifetime than requested. Such
// a PAT is delivered, and revoked when the job ends like any other.
func (m *mintPAT) compare(e Env, asked, got time.Time) {
	switch {
	case got.IsZero():
		e.Log.Warnf("the service did not say when the PAT expires")
	case got.Before(asked.Add(-minute)):
		e.Log.Warnf("the service shortened the PAT's lifetime: it %s, not at %s; a policy of the tenant limits it", e.expires(got), text.Moment(asked, e.Now()))
	case got.After(asked.Add(minute)):
		e.Log.Warnf("the service lengthened the PAT's lifetime: it %s, not at %s", e.expires(got), text.Moment(asked, e.Now()))
	}
}

func (m *mintPAT) result(e Env, p client.PAT) Result {
	accounts, _ := json.Marshal(append([]string{}, p.TargetAccounts...)) // strings can always be encoded
	return Result{
		Token: p.Token,
		Done:  fmt.Sprintf("minted the PAT %q with %s, %s; %s", p.DisplayName, p.Scope, e.expires(p.ValidTo), m.ending(e)),
		Outputs: []host.Output{
			{Name: "token", Value: p.Token, Secret: true},
			{Name: "authorization-header", Value: "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+p.Token)), Secret: true},
			{Name: "authorization-id", Value: p.AuthorizationID},
			{Name: "display-name", Value: p.DisplayName},
			{Name: "scopes", Value: p.Scope},
			{Name: "valid-from", Value: instant(p.ValidFrom)},
			{Name: "valid-to", Value: instant(p.ValidTo)},
			{Name: "target-accounts", Value: string(accounts)},
		},
		Summary: host.Summary{
			Title: "Azure DevOps personal access token",
			Head:  []string{"Name", "Scopes", "Expires", "How it ends"},
			Rows:  [][]string{{p.DisplayName, p.Scope, text.Moment(p.ValidTo, e.Now()), m.ending(e)}},
		},
	}
}

const kindPAT = "pat"

// patService adapts the PAT API to the lease.
type patService struct {
	api     client.PATs
	scope   string
	allOrgs bool
}

func (s *patService) Issue(ctx context.Context, in lease.Intent) (lease.Issued[client.PAT], error) {
	p, err := s.api.Create(ctx, client.CreatePAT{DisplayName: in.Name, Scope: s.scope, ValidTo: in.Expires, AllOrgs: s.allOrgs})
	return lease.Issued[client.PAT]{Value: p, ID: p.AuthorizationID, Expires: p.ValidTo}, err
}

// Find looks for the name, whose marker is unique.
func (s *patService) Find(ctx context.Context, in lease.Intent) ([]string, error) {
	return findPATs(ctx, s.api, in.Name)
}

func (s *patService) Revoke(ctx context.Context, id string) (gone bool, err error) {
	return s.api.Revoke(ctx, id)
}

// findPATs lists the ids of the user's active PATs with exactly this name.
func findPATs(ctx context.Context, api client.PATs, name string) ([]string, error) {
	var ids []string
	for p, err := range api.All(ctx) {
		if err != nil {
			return nil, err
		}
		if p.DisplayName == name {
			ids = append(ids, p.AuthorizationID)
		}
	}
	return ids, nil
}
