package steps

import (
	"context"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/audit"
	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// prunePATsOperation is the operation's row in the table.
func prunePATsOperation() Operation {
	return Operation{
		Name: "prune-pats", Does: "revokes the user's PATs that jobs left behind, by age and name",
		Outputs: []string{"revoked", "report", "truncated"},
		New:     func() Step { return new(prunePATs) },
	}
}

// prunePATs revokes the user's PATs that jobs left behind.
type prunePATs struct {
	organization
	OlderThan  input.Duration `env:"OLDER_THAN" required:"true"`
	Name       string         `env:"NAME"`
	AllNames   input.Bool     `env:"ALL_NAMES, default=false"`
	ReportFile input.List     `env:"REPORT_FILE"`

	files []File
}

// minAge prevents a run from revoking PATs that current jobs still use.
const minAge = time.Hour

// Validate checks rules that concern several inputs.
func (p *prunePATs) Validate() []error {
	problems := p.locate()
	if p.OlderThan != 0 && time.Duration(p.OlderThan) < minAge {
		problems = append(problems, input.Wrong("older-than", p.OlderThan.String(), "write at least 1h: younger PATs may belong to jobs that are still running"))
	}
	if p.everyName() && !bool(p.AllNames) {
		problems = append(problems, fault.Input("name", "name: write a narrower pattern, or set `all-names: true` to revoke PATs of any name", "name: %s matches every PAT of the user", input.Quote(p.Name)))
	}
	for _, name := range p.ReportFile {
		if strings.ToLower(path.Ext(name)) != ".json" {
			problems = append(problems, input.Wrong("report-file", name, "name a file that ends in .json"))
		}
	}
	return problems
}

// everyName reports whether the pattern matches every name.
func (p *prunePATs) everyName() bool {
	return p.Name != "" && strings.Contains(p.Name, "*") && strings.Trim(p.Name, "*?") == ""
}

func (p *prunePATs) Need() auth.Need { return auth.Need{Service: auth.AzureDevOps, UserOnly: true} }
func (p *prunePATs) Addresses() []Address {
	return []Address{{transport.Token, p.at.PATs, "organization"}}
}

// Read implements [Filed]; no input names a file to read.
func (p *prunePATs) Read(Files) []error { return nil }

// Open begins the report files.
func (p *prunePATs) Open(files Files) error {
	for _, name := range p.ReportFile {
		file, err := files.Create("report-file", name)
		if err != nil {
			return err
		}
		p.files = append(p.files, file)
	}
	return nil
}

// Drop discards reports that are not complete.
func (p *prunePATs) Drop() {
	for _, file := range p.files {
		file.Discard()
	}
}

// Run finds all PATs that are old enough before it revokes any, because revoking
// while the list is being read would shift its pages.
func (p *prunePATs) Run(ctx context.Context, e Env) error {
	api := client.PATs{Caller: e.Caller, Base: p.at.PATs}
	left, err := p.leftBehind(ctx, e, api)
	if err != nil {
		return err
	}
	failed, stopped := p.revoke(ctx, e, api, left)
	if err := p.write(left); err != nil {
		return err
	}
	return p.deliver(ctx, e, left, failed, stopped)
}

func (p *prunePATs) leftBehind(ctx context.Context, e Env, api client.PATs) ([]abandoned, error) {
	now := e.Now() // unless the service sends its own time
	api.Served = func(at time.Time) { now = at }
	var named []client.PAT
	seen := 0
	for one, err := range api.All(ctx) {
		if err != nil {
			return nil, err
		}
		seen++
		if p.matches(one.DisplayName) {
			named = append(named, one)
		}
	}
	left := p.old(named, now, e.Log)
	e.Log.Infof("of %s of this user, %d match %s, and %d of these were created more than %s ago", text.Count(seen, "active PAT"), len(named), p.pattern(), len(left), p.OlderThan)
	return left, nil
}

// old returns the PATs that were created long enough before now, the oldest first.
func (p *prunePATs) old(named []client.PAT, now time.Time, log Logger) []abandoned {
	byAge := map[string]abandoned{}
	for _, one := range named {
		switch {
		case one.ValidFrom.IsZero():
			log.Warnf("the service does not say when the PAT %q was created, so azstep does not revoke it", one.DisplayName)
		case now.Sub(one.ValidFrom) > time.Duration(p.OlderThan):
			key := one.ValidFrom.UTC().Format("20060102150405.000000000") + one.DisplayName + one.AuthorizationID
			byAge[key] = abandoned{one.AuthorizationID, one.DisplayName, one.Scope, instant(one.ValidFrom), instant(one.ValidTo), false}
		}
	}
	left := []abandoned{}
	for _, key := range slices.Sorted(maps.Keys(byAge)) {
		left = append(left, byAge[key])
	}
	return left
}

func (p *prunePATs) matches(name string) bool {
	switch {
	case p.Name != "":
		return policy.MatchCase(p.Name, name)
	case bool(p.AllNames):
		return true
	}
	return marked.MatchString(name)
}

// pattern describes to the user which names match.
func (p *prunePATs) pattern() string {
	switch {
	case p.Name != "":
		return strconv.Quote(p.Name)
	case bool(p.AllNames):
		return "any name"
	}
	return "azstep's marker"
}

// revokedAtOnce is how many PATs are revoked at the same time, so that hundreds can
// be revoked within the usual timeout.
const revokedAtOnce = 8

// revoke continues after a PAT that cannot be revoked. stopped is the error that
// kept it from trying the rest.
func (p *prunePATs) revoke(ctx context.Context, e Env, api client.PATs, left []abandoned) (failed []error, stopped error) {
	if e.DryRun {
		for _, one := range left {
			e.Log.Infof("would revoke the PAT %s", one)
		}
		return nil, nil
	}
	api.Caller = api.Caller.Patiently()
	numbers := make([]int, len(left))
	for i := range numbers {
		numbers[i] = i
	}
	i := -1
	for done, err := range audit.InOrder(ctx, revokedAtOnce, numbers, func(ctx context.Context, i int) (pruning, error) {
		return revokeOne(ctx, api, left[i])
	}) {
		i++
		switch {
		case err != nil:
			return failed, err
		case done.refused != nil:
			failed = append(failed, done.refused)
			e.Log.Warnf("the PAT %q was not revoked: %v", left[i].DisplayName, done.refused)
		case done.gone:
			left[i].Revoked = true
			e.Log.Infof("the PAT %s was already gone", left[i])
		default:
			left[i].Revoked = true
			e.Log.Infof("revoked the PAT %s", left[i])
		}
	}
	return failed, nil
}

// pruning is the result for one PAT.
type pruning struct {
	gone    bool  // before this run
	refused error // nil if it was revoked
}

// revokeOne distinguishes a PAT that cannot be revoked from a failure that would
// affect the others, too.
func revokeOne(ctx context.Context, api client.PATs, one abandoned) (pruning, error) {
	gone, err := api.Revoke(ctx, one.AuthorizationID)
	if err != nil && (context.Cause(ctx) != nil || fault.Is(err, fault.CredentialRejected)) {
		return pruning{}, err
	}
	return pruning{gone, err}, nil
}
