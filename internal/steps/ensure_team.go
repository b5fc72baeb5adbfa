package steps

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/transport"
)

// ensureTeamOperation is the operation's row in the table.
func ensureTeamOperation() Operation {
	return Operation{
		Name: "ensure-team", Does: "makes sure that a team exists in a project",
		Outputs: []string{"team-id", "team-name", "team-url", "team-description", "identity-url", "project-id", "project-name", "created", "updated"},
		New:     func() Step { return new(ensureTeam) },
	}
}

// ensureTeam makes sure that a team exists.
type ensureTeam struct {
	organization
	Project           string     `env:"PROJECT" required:"true" azure:"SYSTEM_TEAMPROJECT"`
	Team              string     `env:"TEAM" required:"true"`
	Description       string     `env:"DESCRIPTION"`
	UpdateDescription input.Bool `env:"UPDATE_DESCRIPTION, default=false"`
}

// Validate checks rules that concern several inputs.
func (s *ensureTeam) Validate() []error {
	problems := s.locate()
	if err := client.CheckProject(s.Project); err != nil {
		problems = append(problems, err)
	}
	if rule := brokenRule(s.Team); rule != "" {
		problems = append(problems, fault.Input("team", "team: choose another name: a team's name "+rule, "team: Azure DevOps does not accept %s: a team's name %s", input.Quote(s.Team), rule))
	}
	return problems
}

func (s *ensureTeam) Need() auth.Need { return auth.Need{Service: auth.AzureDevOps} }
func (s *ensureTeam) Addresses() []Address {
	return []Address{{transport.Token, s.at.Base, "organization"}}
}

// Run looks the team up first and creates it only if it is missing.
func (s *ensureTeam) Run(ctx context.Context, e Env) error {
	api := client.Teams{Caller: e.Caller, Base: s.at.Base, Project: s.Project}
	team, ok, err := api.Get(ctx, s.Team)
	switch {
	case err != nil:
		return err
	case ok:
		return s.found(ctx, e, api, team)
	case e.DryRun:
		return e.rehearsed(ctx, "create the team %q in %q", s.Team, s.Project)
	}
	team, created, err := s.create(ctx, api, e.Log)
	if err != nil {
		return err
	}
	if !created {
		return s.found(ctx, e, api, team)
	}
	return s.deliver(ctx, e, team, "was created", true, false)
}

// create creates the team, and looks it up again if that is refused or the response
// is lost: another run may have been faster, or this run's request may have worked.
// It ignores the text of a refusal, because the service documents the same status
// for a name that is taken, an invalid name, and a missing permission.
func (s *ensureTeam) create(ctx context.Context, api client.Teams, log Logger) (team client.Team, created bool, err error) {
	lost := false
	for range 2 {
		team, err = api.Create(ctx, s.Team, s.Description)
		if err == nil {
			return team, true, nil
		}
		refused := fault.From(err)
		lost = lost || refused.MaybeDone
		if !refused.MaybeDone && refused.Status != http.StatusBadRequest && refused.Status != http.StatusConflict {
			return team, false, err
		}
		if refused.RetryAfter > 0 {
			log.Infof("waiting %s before looking for the team: HTTP %d, as the service asked", refused.RetryAfter.Round(time.Millisecond), refused.Status)
		}
		again, ok, lookErr := s.lookAgain(ctx, api, refused)
		switch {
		case lookErr != nil:
			return team, false, fault.Join([]error{err, lookErr})
		case ok:
			return again, lost, nil
		case !refused.MaybeDone:
			return team, false, s.taken(refused)
		}
		log.Infof("the response to the creation of the team was lost and the team does not exist: trying again")
	}
	return team, false, err
}

// looks returns the waits before each lookup of a team that another run may just
// have created: it takes a while until all machines of the service know about it.
func looks(refused *fault.Error) []time.Duration {
	if refused.Code == fault.PermissionDenied || refused.MaybeDone {
		return []time.Duration{refused.RetryAfter}
	}
	return []time.Duration{refused.RetryAfter, 500 * time.Millisecond, time.Second, 2 * time.Second}
}

func (s *ensureTeam) lookAgain(ctx context.Context, api client.Teams, refused *fault.Error) (team client.Team, ok bool, err error) {
	for i, wait := range looks(refused) {
		if err := lease.Wait(ctx, wait); err != nil {
			return team, false, err
		}
		team, ok, err = api.Get(ctx, s.Team)
		switch {
		case err != nil && i > 0: // the first lookup has already answered
			return team, false, nil
		case err != nil || ok:
			return team, ok, err
		}
	}
	return team, false, nil
}

// taken adds the most likely reason for a refusal if no team of that name appears.
func (s *ensureTeam) taken(refused *fault.Error) error {
	if refused.Code == fault.RequestRefused {
		refused.Hints = append([]string{"the name is taken by a group, or by a team that was just created: choose another name for the team, or run the step again"}, refused.Advice()...)
	}
	return refused
}

// found handles a team that exists: its description may have to change.
func (s *ensureTeam) found(ctx context.Context, e Env, api client.Teams, team client.Team) error {
	if s.Description == "" || strings.TrimSpace(team.Description) == s.Description {
		return s.deliver(ctx, e, team, "exists", false, false)
	}
	if !bool(s.UpdateDescription) {
		e.Log.Warnf("the team %q has a different description, %q; set `update-description: true` to change it", team.Name, team.Description)
		return s.deliver(ctx, e, team, "exists", false, false)
	}
	if e.DryRun {
		return e.rehearsed(ctx, "change the description of the team %q", team.Name)
	}
	changed, err := api.Describe(ctx, team.ID, s.Description)
	if err != nil {
		return err
	}
	if changed.ProjectName == "" {
		changed.ProjectName = team.ProjectName
	}
	return s.deliver(ctx, e, changed, "has a new description", false, true)
}

func (s *ensureTeam) deliver(ctx context.Context, e Env, t client.Team, what string, created, updated bool) error {
	_, err := e.Deliver(ctx, Result{
		Done: fmt.Sprintf("the team %q in %q %s", t.Name, t.ProjectName, what),
		Outputs: []host.Output{
			{Name: "team-id", Value: t.ID},
			{Name: "team-name", Value: t.Name},
			{Name: "team-url", Value: t.URL},
			{Name: "team-description", Value: t.Description},
			{Name: "identity-url", Value: t.IdentityURL},
			{Name: "project-id", Value: t.ProjectID},
			{Name: "project-name", Value: t.ProjectName},
			{Name: "created", Value: strconv.FormatBool(created)},
			{Name: "updated", Value: strconv.FormatBool(updated)},
		},
		Summary: host.Summary{
			Title: "Azure DevOps team",
			Head:  []string{"Team", "Project", "Id", "Result"},
			Rows:  [][]string{{t.Name, t.ProjectName, t.ID, what}},
		},
	})
	return err
}
