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

// Log logs what a run does.
type Log interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	WarnAt(file string, line int, text string) // a warning about a line of a file in the checkout
	// Progress rewrites the line that shows the progress of a long run, and reports
	// whether there is such a line.
	Progress(text string) bool
}

// Site is the organization to audit, and how to reach it.
type Site struct {
	Caller    *client.Caller
	At        client.Organization
	Log       Log
	Now       func() time.Time
	Wait      func(context.Context, time.Duration) error // pauses, or returns the error that ended the context
	AtOnce    int                                        // requests at the same time
	Attempts  int                                        // attempts at a change whose response is lost
	MaxOutput int                                        // maximum size of one output, in bytes
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

// patiently returns the site for thousands of requests.
func (s *Site) patiently() *Site {
	patient := *s
	patient.Caller = s.Caller.Patiently()
	return &patient
}
