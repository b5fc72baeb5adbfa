// Package audit finds out which pipelines may use which protected resources, checks
// this against a policy, and applies changes where they differ.
//
// A run has these stages: places (which projects), plan (which resources, from which
// lists), ask (their permissions, in order), apply (the changes, if any), findings
// (what was found), result (outputs, summary, verdict). This package makes the
// requests; package policy judges, and package report writes the files.
package audit

import (
	"context"
	"time"

	"github.com/azstep/azstep/internal/client"
)

// Log is where a run says what it does.
type Log interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	WarnAt(file string, line int, text string) // a warning about a line of the checkout
	// Progress rewrites the one line that says how far a long run is, and reports
	// whether there is such a line.
	Progress(text string) bool
}

// Site is the organization that is looked at, and the way there.
type Site struct {
	Caller    *client.Caller
	At        client.Organization
	Log       Log
	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error // pauses, or says what ended the context
	AtOnce    int                                        // requests under way at once
	Attempts  int                                        // tries of a change whose answer is lost
	MaxOutput int                                        // bytes of one output
}

func (s *Site) resources(project string) *client.Resources {
	return &client.Resources{Caller: s.Caller, Base: s.At.Base, Project: project, Cloud: s.At.Cloud}
}

func (s *Site) permissions(project string) *client.Permissions {
	return &client.Permissions{Caller: s.Caller, Base: s.At.Base, Project: project}
}

func (s *Site) pipelines(project string) *client.Pipelines {
	return &client.Pipelines{Caller: s.Caller, Base: s.At.Base, Project: project}
}

func (s *Site) checks(project string) *client.Checks {
	return &client.Checks{Caller: s.Caller, Base: s.At.Base, Project: project}
}

func (s *Site) projects() *client.Projects {
	return &client.Projects{Caller: s.Caller, Base: s.At.Base}
}

// patiently is the site for thousands of requests.
func (s *Site) patiently() *Site {
	patient := *s
	patient.Caller = s.Caller.Patiently()
	return &patient
}
