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
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// revokePAT revokes PATs of the credential's user by id or by exact name.
type revokePAT struct {
	organization
	AuthorizationID input.Words `env:"AUTHORIZATION_ID"`
	DisplayName     input.Lines `env:"DISPLAY_NAME"`
}

// marked is a name that azstep gave: it can belong to one PAT only, which may
// be gone.
var marked = pattern.New(` \[azstep:[0-9a-f]{8}\]$`)

// Validate checks what the fields do not know of each other.
func (r *revokePAT) Validate() []error {
	problems := r.locate()
	if len(r.AuthorizationID)+len(r.DisplayName) == 0 {
		problems = append(problems, fault.Input("authorization-id", "set authorization-id or display-name", "authorization-id or display-name is required"))
	}
	var ids input.Words
	for _, id := range r.AuthorizationID {
		if !pattern.IsGUID(id) {
			problems = append(problems, input.Wrong("authorization-id", id, "an authorization id is a GUID: the output authorization-id of mint-pat"))
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

func (r *revokePAT) Addresses() []Address { return []Address{{transport.Token, r.at.PATs}} }

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
	revoked, err := revokeAll(ctx, e.Log, api, ids)
	if err != nil {
		return err
	}
	_, err = e.Deliver(ctx, Result{
		Done:    "revoked " + text.Count(revoked+gone, "PAT"),
		Outputs: []host.Output{{Name: "revoked", Value: strconv.Itoa(revoked + gone)}},
	})
	return err
}

// resolve turns names into ids, in one pass over the user's PATs. gone counts
// names of azstep's own making that nobody bears any more.
func (r *revokePAT) resolve(ctx context.Context, api client.PATs, log Logger) (ids []string, gone int, err error) {
	ids = slices.Clone(r.AuthorizationID)
	if len(r.DisplayName) == 0 {
		return ids, 0, nil
	}
	bearers, err := r.bearers(ctx, api)
	if err != nil {
		return nil, 0, err
	}
	for _, name := range r.DisplayName {
		found := bearers[name]
		switch {
		case len(found) > 1:
			return nil, 0, fault.New(fault.AmbiguousName, "%s are named %q", text.Count(len(found), "active PAT"), name).
				With("give the authorization-id of the one to revoke")
		case len(found) == 1 && !slices.Contains(ids, found[0]):
			ids = append(ids, found[0])
		case len(found) == 0 && marked.MatchString(name):
			log.Infof("the PAT %q is gone already", name)
			gone++
		case len(found) == 0:
			return nil, 0, fault.New(fault.ResourceNotFound, "no active PAT of this user is named %q", name).
				With("display-name: give the whole name, with what stands in brackets at its end; only PATs of the credential's own user are found")
		}
	}
	return ids, gone, nil
}

// bearers lists the ids of active PATs by the names that were asked for.
func (r *revokePAT) bearers(ctx context.Context, api client.PATs) (map[string][]string, error) {
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

// revokeAll goes on after one that fails.
func revokeAll(ctx context.Context, log Logger, api client.PATs, ids []string) (revoked int, err error) {
	var failed []error
	for _, id := range ids {
		if err := api.Revoke(ctx, id); err != nil {
			failed = append(failed, err)
			continue
		}
		log.Infof("revoked the PAT %s", id)
		revoked++
	}
	if len(failed) > 0 {
		return revoked, fault.Join(failed)
	}
	return revoked, nil
}
