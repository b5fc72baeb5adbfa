package auth

import (
	"slices"
	"strings"

	"azstep/internal/fault"
)

// incomplete is the error for a way that auth names and that lacks something.
func (c *chooser) incomplete(w way) *fault.Error {
	gone := missing(w.needs(c))
	e := fault.New(fault.MissingCredential, "auth: %s lacks %s", w.name, names(gone))
	e.Input = "auth"
	return e.With(c.advice(gone)...)
}

// nothingComplete is the error for auto: it says of each way that somebody
// seems to have meant what it lacks.
func (c *chooser) nothingComplete() *fault.Error {
	e := fault.New(fault.MissingCredential, "no credential for %s: auth is auto, and no way to authenticate has all its inputs", c.need.Service)
	for _, w := range ways() {
		if w.auto == nil || !w.auto(c) || c.need.UserOnly && w.appOnly {
			continue
		}
		needs := w.needs(c)
		if gone := missing(needs); len(gone) < len(needs) {
			e.Hints = append(e.Hints, w.name+" lacks "+names(gone)+": "+strings.Join(hows(gone), "; "))
		}
	}
	e.Hints = append(e.Hints, c.unprivileged()...)
	return e.With(c.startingPoints()...)
}

func (c *chooser) advice(gone []requirement) []string {
	all := hows(gone)
	if slices.ContainsFunc(gone, func(r requirement) bool { return r.name == varGitHubURL || r.name == varGitHubToken }) {
		all = append(all, c.unprivileged()...)
	}
	return all
}

// unprivileged explains the runs to which GitHub gives neither secrets nor an
// id token: docs.github.com, "Events that trigger workflows" (pull_request) and
// "Troubleshooting Dependabot on GitHub Actions".
func (c *chooser) unprivileged() []string {
	switch {
	case !c.env.gitHub():
		return nil
	case c.env.get("GITHUB_ACTOR") == "dependabot[bot]":
		return []string{"GitHub gives runs that Dependabot starts neither id tokens nor secrets; skip the step there: `if: github.actor != 'dependabot[bot]'`"}
	case c.env.get("GITHUB_EVENT_NAME") == "pull_request":
		return []string{"GitHub gives pull requests from forks neither id tokens nor secrets; skip the step there: `if: github.event.pull_request.head.repo.full_name == github.repository`"}
	}
	return nil
}

// startingPoints are the shortest ways to a credential for this operation on
// this host.
func (c *chooser) startingPoints() []string {
	switch {
	case c.need.UserOnly:
		return []string{"only a user may manage PATs: set refresh-token, tenant-id and client-id (`azstep login` on a laptop gets the refresh token), " +
			"or credential to a user's Entra token; an application needs no PAT where mint-entra-token will do"}
	case c.env.gitHub():
		return []string{"without any stored secret: give the job `permissions: id-token: write` and set tenant-id and client-id (github-oidc)"}
	case c.env.Azure && forDevOps(c):
		return []string{mapJobToken, "or, without any stored secret and as another identity: set service-connection-id, tenant-id and client-id as well (azure-pipelines-oidc)"}
	case c.env.Azure:
		return []string{mapJobToken + ", and set service-connection-id, tenant-id and client-id (azure-pipelines-oidc)"}
	}
	return []string{"sign in with `az login`, or set the inputs of another way: `azstep help` lists them under auth"}
}

func hows(needs []requirement) []string {
	var all []string
	for _, n := range needs {
		if n.how != "" && !slices.Contains(all, n.how) {
			all = append(all, n.how)
		}
	}
	return all
}
