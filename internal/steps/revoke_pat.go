package steps

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// revokePATOperation is the operation's row in the table.
func revokePATOperation() Operation {
	return Operation{
		Name: "revoke-pat", Does: "revokes PATs by authorization id or by exact name",
		Outputs: []string{"revoked"},
		New:     func() Step { return new(revokePAT) },
	}
}

// revokePAT revokes PATs of the credential's user by id or by exact name.
type revokePAT struct {
	organization
	AuthorizationID input.Words `env:"AUTHORIZATION_ID"`
	DisplayName     input.Lines `env:"DISPLAY_NAME"`
}

// marked matches a name that azstep generated: it belongs to one PAT only, which may
// no longer exist.
var marked = pattern.New(` \[azstep:[0-9a-f]{8}\]$`)

// Validate checks rules that concern several inputs.
func (r *revokePAT) Validate() []error {
	problems := r.locate()
	if len(r.AuthorizationID)+len(r.DisplayName) == 0 {
		problems = append(problems, fault.Input("authorization-id", "set authorization-id or display-name", "authorization-id or display-name is required"))
	}
	var ids input.Words
	for _, id := range r.AuthorizationID {
		if !pattern.IsGUID(id) {
			problems = append(problems, input.Wrong("authorization-id", id, "write the id, a GUID; mint-pat has it as an output"))
		}
		if id = strings.ToLower(id); !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	r.AuthorizationID = ids
	return problems
}

func (r *revokePAT) Need() auth.Need {
	return auth.Need{Service: auth.AzureDevOps, UserOnly: true}
}

func (r *revokePAT) Addresses() []Address {
	return []Address{{transport.Token, r.at.PATs, "organization"}}
}

// Run resolves all names before it revokes anything.
func (r *revokePAT) Run(ctx context.Context, e Env) error {
	api := client.PATs{Caller: e.Caller, Base: r.at.PATs}
	ids, gone, err := r.resolve(ctx, api, e.Log)
	if err != nil {
		return err
	}
	if e.DryRun {
		return e.rehearsed(ctx, "revoke %s", text.Count(len(ids), "PAT"))
	}
	ended, err := revokeAll(ctx, e.Log, ids, "PAT", api.Revoke)
	if err != nil {
		return err
	}
	ended.Gone += gone
	_, err = e.Deliver(ctx, revocation(ended, "PAT", "Azure DevOps personal access tokens"))
	return err
}

// resolve converts names to ids, in one pass over the user's PATs. gone counts names
// with azstep's marker that no PAT has any more.
func (r *revokePAT) resolve(ctx context.Context, api client.PATs, log Logger) (ids []string, gone int, err error) {
	ids = slices.Clone(r.AuthorizationID)
	if len(r.DisplayName) == 0 {
		return ids, 0, nil
	}
	active, err := r.activeByName(ctx, api)
	if err != nil {
		return nil, 0, err
	}
	for _, name := range r.DisplayName {
		found := active[name]
		switch {
		case len(found) > 1:
			return nil, 0, fault.New(fault.AmbiguousName, "%s are named %q", text.Count(len(found), "active PAT"), name).
				With("set authorization-id to the id of the PAT to revoke")
		case len(found) == 1 && !slices.Contains(ids, found[0]):
			ids = append(ids, found[0])
		case len(found) == 0 && marked.MatchString(name):
			log.Infof("the PAT %q is already gone", name)
			gone++
		case len(found) == 0:
			return nil, 0, fault.New(fault.ResourceNotFound, "no active PAT of this user is named %q", name).
				With("display-name: give the complete name, including the brackets at its end; only PATs of the credential's own user are found")
		}
	}
	return ids, gone, nil
}

// activeByName lists the ids of active PATs by the requested names.
func (r *revokePAT) activeByName(ctx context.Context, api client.PATs) (map[string][]string, error) {
	found := map[string][]string{}
	for p, err := range api.All(ctx) {
		if err != nil {
			return nil, err
		}
		if slices.Contains(r.DisplayName, p.DisplayName) {
			found[p.DisplayName] = append(found[p.DisplayName], p.AuthorizationID)
		}
	}
	return found, nil
}

// revokeAll revokes the ids, and continues after a failure.
func revokeAll(ctx context.Context, log Logger, ids []string, noun string, revoke func(context.Context, string) (gone bool, err error)) (ended lease.Count, err error) {
	var failed []error
	for _, id := range ids {
		gone, err := revoke(ctx, id)
		switch {
		case err != nil:
			failed = append(failed, err)
		case gone:
			log.Infof("the %s %s was already gone", noun, id)
			ended.Gone++
		default:
			log.Infof("revoked the %s %s", noun, id)
			ended.Revoked++
		}
	}
	if len(failed) > 0 {
		return ended, fault.Join(failed)
	}
	return ended, nil
}

// revocation is the result of an operation that revokes. A credential that no longer
// existed counts as revoked in the output, but the log does not say that it was
// revoked.
func revocation(ended lease.Count, noun, title string) Result {
	done := "revoked " + text.Count(ended.Revoked, noun)
	if ended.Gone > 0 {
		done += "; " + text.Count(ended.Gone, noun) + " already gone"
	}
	return Result{
		Done:    done,
		Outputs: []host.Output{{Name: "revoked", Value: strconv.Itoa(ended.All())}},
		Summary: host.Summary{
			Title: title,
			Head:  []string{"Revoked", "Already gone"},
			Rows:  [][]string{{strconv.Itoa(ended.Revoked), strconv.Itoa(ended.Gone)}},
		},
	}
}
