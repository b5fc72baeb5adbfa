package auth

import (
	"fmt"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
	words "github.com/azstep/azstep/internal/text"
)

// clockLeeway is how far in the future a token's start may be without a warning:
// Entra's own tolerance for clocks (learn.microsoft.com, "Access tokens in the
// Microsoft identity platform").
const clockLeeway = 5 * time.Minute

// The ways that need no fetching: the input credential, and the environment
// variables that auto also considers.
const (
	wayCredential = "credential"
	wayJobToken   = "SYSTEM_ACCESSTOKEN"   // the agent's variable System.AccessToken, if it is mapped
	wayExtPAT     = "AZURE_DEVOPS_EXT_PAT" // what the Azure DevOps extension of the Azure CLI reads
)

func credentialWay() way {
	return way{name: wayCredential, listed: 1, auto: always, held: func(in *Inputs) string { return in.Credential.Reveal() }, needs: (*chooser).credentialNeeds, build: (*chooser).given}
}

func jobTokenWay() way {
	return way{name: wayJobToken, auto: forDevOps, needs: (*chooser).jobTokenNeeds, build: (*chooser).jobToken}
}

func extPATWay() way {
	return way{name: wayExtPAT, auto: forDevOps, needs: (*chooser).extPATNeeds, build: (*chooser).extPAT}
}

func (c *chooser) credentialNeeds() []requirement {
	if c.need.TokenOnly { // only an Entra token fetched for this purpose is passed on, never one that was given
		return []requirement{{name: wayCredential, withheld: true}}
	}
	return []requirement{{name: wayCredential, value: c.in.Credential.Reveal(), how: "set `credential` to " + c.need.wants(), withheld: true}}
}

const mapJobToken = "map the job's token in the step: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"

func (c *chooser) jobTokenNeeds() []requirement {
	return []requirement{{name: wayJobToken, value: c.env.get(wayJobToken), how: mapJobToken}}
}

func (c *chooser) extPATNeeds() []requirement {
	return []requirement{{name: wayExtPAT, value: c.env.get(wayExtPAT), how: "set " + wayExtPAT}}
}

// given uses the given credential unchanged.
func (c *chooser) given() (*Credential, error) { return c.static(wayCredential, c.in.Credential) }

func (c *chooser) jobToken() (*Credential, error) {
	return c.static(wayJobToken, input.Secret(c.env.get(wayJobToken)))
}

func (c *chooser) extPAT() (*Credential, error) {
	return c.static(wayExtPAT, input.Secret(c.env.get(wayExtPAT)))
}

// static returns a credential that needs no fetching. name is the input or variable
// that contains it.
func (c *chooser) static(name string, secret input.Secret) (*Credential, error) {
	if err := sendable(name, secret); err != nil {
		return nil, err
	}
	value := secret.Reveal()
	kind, read := kindOf(value)
	if name == wayJobToken { // the variable determines this, whoever issued the token
		kind = JobToken
	}
	expires := read.expires
	if sas, ok := pattern.ParseSAS(value); ok {
		expires = sas.Expires
	}
	if err := c.check(name, value, kind, read, expires); err != nil {
		err.Input = name
		return nil, err
	}
	chosen := c.chosen(name, "with "+kind.String(), kind)
	chosen.token = Token{Value: value, Expires: expires}
	if kind == EntraToken && c.elsewhere(read) {
		chosen.Warnings = append(chosen.Warnings, fmt.Sprintf("%s belongs to tenant %s, not to the tenant in tenant-id, %s", name, clean(read.tenant), c.in.TenantID))
	}
	if read.notBefore.After(c.now.Add(clockLeeway)) {
		chosen.Warnings = append(chosen.Warnings, fmt.Sprintf("%s is not valid before %s, but this machine's clock shows %s; check the clock",
			name, words.Moment(read.notBefore, c.now), clockFace(c.now)))
	}
	return chosen, nil
}

// check rejects what the services would reject, with a more helpful message.
func (c *chooser) check(name, value string, kind Kind, read claims, expires time.Time) *fault.Error {
	switch {
	case kind == unknown:
		return notAToken(name, value)
	case !c.need.takes(kind):
		return c.wrongKind(name, kind, read)
	case c.need.UserOnly && read.app():
		return appOnly(name)
	case kind == EntraToken && c.misdirected(read):
		return fault.New(fault.WrongAudience, "%s is an Entra token for %s, but %s accepts only tokens for %s",
			name, input.Quote(clean(strings.Join(read.audience, " "))), c.need.Service, c.need.audiences()[0]).
			With("get a token for the scope " + c.need.scope() + ", for instance with `az account get-access-token --resource " +
				strings.TrimSuffix(c.need.scope(), "/.default") + "`")
	case !expires.IsZero() && !c.now.Before(expires):
		return fault.New(fault.CredentialExpired, "%s expired at %s; this machine's clock shows %s", name, words.Moment(expires, c.now), clockFace(c.now)).
			With("get a new token right before this step", "if this machine's clock is wrong, correct it")
	}
	return nil
}

func (c *chooser) misdirected(read claims) bool {
	wanted := c.need.audiences()
	return len(wanted) > 0 && len(read.audience) > 0 && !read.hasAudience(wanted...)
}

// elsewhere reports whether the token is from a different tenant than tenant-id. A
// domain cannot be compared with a tenant's id.
func (c *chooser) elsewhere(read claims) bool {
	return pattern.IsGUID(c.in.TenantID) && read.tenant != "" && !strings.EqualFold(read.tenant, c.in.TenantID)
}

func (c *chooser) wrongKind(name string, kind Kind, read claims) *fault.Error {
	e := fault.New(fault.WrongCredentialKind, "%s is %s, but this operation requires %s", name, kind, c.need.wants())
	switch {
	case kind == refreshToken:
		return e.With("remove `credential`, and pass the value as refresh-token, with tenant-id and client-id")
	case kind == assertion:
		return e.With("remove `credential`, and "+read.whereItBelongs(), "azstep then exchanges the assertion for an Entra token")
	case c.need.UserOnly:
		return e.With(userHints()...)
	}
	return e.With("set `credential` to " + c.need.wants() + ", or set `auth` to a way to get one")
}

// whereItBelongs says how to provide an assertion: azstep fetches those of its own
// host itself, and those of other issuers are an input.
func (c claims) whereItBelongs() string {
	switch way := c.assertedBy(); {
	case way == wayPipelines && c.isConnection():
		return "set service-connection-id, tenant-id and client-id (`auth: " + wayPipelines + "`): Entra issued it for a service connection"
	case way == wayPipelines:
		return "set service-connection-id, tenant-id and client-id (`auth: " + wayPipelines + "`): Azure Pipelines issued it for a service connection"
	case way != "":
		return "set tenant-id and client-id (`auth: " + way + "`)"
	}
	return "set `assertion` to it, with `tenant-id` and `client-id` (its issuer is " + clean(c.issuer) + ")"
}

// clockFace formats the time of this machine with the date, which may be what is wrong.
func clockFace(now time.Time) string { return now.UTC().Format("2006-01-02 15:04 UTC") }
