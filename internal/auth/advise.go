package auth

import (
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// incomplete returns the error if auth selects a way whose inputs are incomplete.
func (c *chooser) incomplete(w way) *fault.Error {
	gone := missing(w.needs(c))
	e := fault.New(fault.MissingCredential, "auth: %s requires values that are not set: %s", w.name, names(gone))
	e.Input = "auth"
	return e.With(c.advice(gone)...)
}

// nothingComplete returns the error for auto: what is missing for each way that the
// user seems to have meant, or else how to begin.
func (c *chooser) nothingComplete() *fault.Error {
	e := fault.New(fault.MissingCredential, "no credential for %s: auth is auto, but no way to authenticate has all the inputs it needs", c.need.Service)
	for _, w := range ways() {
		if w.auto == nil || !w.auto(c) || c.need.UserOnly && w.appOnly {
			continue
		}
		if needs := w.needs(c); w.isMeant(c, needs) {
			e.Hints = append(e.Hints, "to use "+w.name+": "+strings.Join(hows(missing(needs)), "; "))
		}
	}
	if len(e.Hints) == 0 || c.need.UserOnly {
		e.Hints = append(e.Hints, c.startingPoints()...)
	}
	if c.need.TokenOnly && c.in.Credential != "" {
		e.Hints = append(e.Hints, "the input credential cannot be used here: this operation gets its own token from Entra")
	}
	return e.With(c.unprivileged()...)
}

// isMeant reports whether the inputs that are set indicate this way.
func (w way) isMeant(c *chooser, needs []requirement) bool {
	if w.meant != nil {
		return w.meant(c, needs)
	}
	return anyInputIsSet(c, needs)
}

func (c *chooser) advice(gone []requirement) []string {
	all := hows(gone)
	if slices.ContainsFunc(gone, func(r requirement) bool { return r.withheld }) {
		all = append(all, c.unprivileged()...)
	}
	return all
}

// unprivileged explains runs to which GitHub gives neither secrets nor an id token:
// docs.github.com, "Events that trigger workflows" (pull_request) and
// "Troubleshooting Dependabot on GitHub Actions". The condition for forks works for
// every event, since most workflows have others as well.
func (c *chooser) unprivileged() []string {
	switch {
	case !c.env.gitHub():
		return nil
	case c.env.get("GITHUB_ACTOR") == "dependabot[bot]":
		return []string{"runs that Dependabot starts get only Dependabot secrets, and usually no id token; skip the step in these runs:",
			"`if: github.actor != 'dependabot[bot]'`"}
	case c.env.get("GITHUB_EVENT_NAME") == "pull_request":
		return []string{"pull requests from forks get neither id tokens nor secrets; skip the step in these runs:",
			"`if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository`"}
	}
	return nil
}

// startingPoints returns the shortest ways to get a credential for this operation on
// this host: GitHub or Azure Pipelines. On a laptop, auto always finds az.
func (c *chooser) startingPoints() []string {
	switch {
	case c.need.UserOnly:
		return append(userHints(), "only users can manage PATs, so signing in as an application does not work here")
	case c.env.Task:
		return []string{nameConnection}
	case c.env.gitHub():
		return []string{"to sign in without a stored secret: give the job `permissions: id-token: write` and set tenant-id and client-id (github-oidc)"}
	case forDevOps(c):
		return []string{mapJobToken, "to sign in as an application instead, without a stored secret: set service-connection-id, tenant-id and client-id as well (azure-pipelines-oidc)"}
	}
	return []string{mapJobToken + ", and set service-connection-id, tenant-id and client-id (azure-pipelines-oidc)"}
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

// userHints returns what to do if only a user's credential is accepted.
func userHints() []string {
	return []string{
		"pass a user's Entra token (`credential`), or a user's refresh token from `azstep login` (refresh-token, tenant-id, client-id)",
		"or use an Entra token instead of a PAT: mint-entra-token gets one for an application (service principal, managed identity)",
	}
}

// appOnly rejects an application's token for the PAT API, which accepts only a
// user's: learn.microsoft.com, "Manage personal access tokens using REST API".
func appOnly(name string) *fault.Error {
	return fault.New(fault.AppOnlyCredential, "%s gets an application's token, but only users can manage PATs", name).With(userHints()...)
}
