package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/pattern"
)

// About is what a credential says about itself, as far as azstep can read it. None
// of it is secret, and none of it is verified: the services do that.
type About struct {
	Way     string // the value of auth, or the environment variable, that selected it
	Kind    Kind
	App     bool      // the application's own token, never a user's
	Tenant  string    // id of the Entra tenant, or ""
	ID      string    // object id in the tenant; the API token's id; or ""
	Name    string    // of the user or application, or ""
	Scopes  []string  // delegated permissions of a user's Entra token
	Expires time.Time // zero if unknown

	audience []string // of an Entra token: the services that take it
}

// About fetches the credential if necessary, and reads it.
func (c *Credential) About(ctx context.Context) (About, error) {
	token, err := c.Token(ctx)
	if err != nil {
		return About{}, err
	}
	about := About{Way: c.Way, Kind: c.Kind, Expires: token.Expires}
	if c.Kind == SAS {
		sas, _ := pattern.ParseSAS(token.Value)
		about.ID, about.App = clean(sas.Name), true
		return about, nil
	}
	read, _ := readClaims(token.Value)
	about.App = c.Kind == EntraToken && read.app()
	about.Tenant, about.ID, about.Name = clean(read.tenant), clean(read.object), read.whose()
	about.Scopes, about.audience = strings.Fields(clean(read.scopes)), read.audience
	return about, nil
}

// Serves reports whether the credential satisfies need, and why not. It cannot know
// about permissions in the services.
func (a About) Serves(n Need, scopes ...string) (ok bool, why string) {
	switch {
	case n.TokenOnly && !a.Fetched():
		return false, "needs a way to authenticate that signs in to Entra, such as OIDC"
	case n.UserOnly && a.Kind != EntraToken:
		return false, "needs a user's Entra token, not " + a.Kind.String()
	case n.UserOnly && a.App:
		return false, "only users can manage PATs, not applications"
	case !n.takes(a.Kind):
		return false, "needs " + n.wants() + ", not " + a.Kind.String()
	case a.Kind == EntraToken && !a.App && len(scopes) > 0 && !a.covers(scopes):
		return false, "the token lacks the scope " + scopes[0]
	}
	return true, ""
}

// IsFor reports whether this token is also valid for the service of need: an Entra
// token may have several audiences.
func (a About) IsFor(n Need) bool {
	return a.Kind == EntraToken && claims{audience: a.audience}.hasAudience(n.audiences()...)
}

// Fetched reports whether azstep signs in itself and can get another token in the
// same way.
func (a About) Fetched() bool {
	return a.Way != wayCredential && a.Way != wayJobToken && a.Way != wayExtPAT
}

// covers reports whether the token has one of the scopes, or one that includes it:
// vso.project_manage includes vso.project_write and vso.project. If the token's
// scopes cannot be read, it returns true.
func (a About) covers(wanted []string) bool {
	if len(a.Scopes) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Scopes, func(held string) bool {
		return held == "user_impersonation" || slices.ContainsFunc(wanted, func(w string) bool { return includes(held, w) })
	})
}

func includes(held, wanted string) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(wanted, "_write"), "_execute")
	return held == wanted || held == base+"_manage" || held == base+"_full" ||
		base == wanted && (held == base+"_write" || held == base+"_execute")
}
