package steps

import (
	"context"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// organization is an input of every Azure DevOps operation.
type organization struct {
	Organization string `env:"ORGANIZATION" required:"true" azure:"SYSTEM_COLLECTIONURI,SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"`
	at           client.Organization
}

func (o *organization) locate() (problems []error) {
	at, err := client.ParseOrganization(o.Organization)
	if err != nil {
		return []error{err}
	}
	o.at = at
	return nil
}

// application is an input of every IoT Central operation.
type application struct {
	Application string `env:"APPLICATION" required:"true"`
	BaseDomain  string `env:"BASE_DOMAIN"`
	at          client.Application
}

// defaultBaseDomain is the only domain of IoT Central that Microsoft documents.
const defaultBaseDomain = "azureiotcentral.com"

func (a *application) locate() []error {
	domain := a.BaseDomain
	if domain == "" {
		domain = defaultBaseDomain
	}
	at, err := client.ParseApplication(a.Application, domain)
	if err != nil {
		return []error{err}
	}
	a.at = at
	return nil
}

func (a *application) Need() auth.Need      { return auth.Need{Service: auth.IoTCentral} }
func (a *application) Addresses() []Address { return []Address{{transport.IoT, a.at.Base, a.at.Input}} }

// maxLifetime is the longest lifetime of a PAT. The service also gives API tokens a
// year by default.
const maxLifetime = 365 * 24 * time.Hour

// defaultLifetime is long enough for most jobs, and short if the token leaks.
const defaultLifetime = time.Hour

// lifetime holds the inputs that determine how long a minted credential is valid.
type lifetime struct {
	Lifetime       input.Duration `env:"LIFETIME"`
	ValidTo        input.Instant  `env:"VALID_TO"`
	RevokeAtJobEnd input.Bool     `env:"REVOKE_AT_JOB_END, default=true"`
}

func (l *lifetime) problems(now time.Time) []error {
	var all []error
	if l.Lifetime != 0 && !l.ValidTo.IsZero() {
		all = append(all, fault.Input("valid-to", "set `lifetime` or `valid-to`, not both", "lifetime and valid-to are both set"))
	}
	if time.Duration(l.Lifetime) > maxLifetime {
		all = append(all, fault.Input("lifetime", "lifetime: set it to at most 365d", "lifetime: %s is too long", l.Lifetime))
	}
	if left := l.ValidTo.Sub(now); !l.ValidTo.IsZero() && (left <= 0 || left > maxLifetime) {
		all = append(all, fault.Input("valid-to", "valid-to: set it to a time in the future, at most 365 days from now",
			"valid-to: %s is not between now and 365 days from now", l.ValidTo.Format(time.RFC3339)))
	}
	return all
}

// end returns the expiry to request, in UTC and whole milliseconds, which is what
// both services store.
func (l *lifetime) end(now time.Time) time.Time {
	switch {
	case !l.ValidTo.IsZero():
		return l.ValidTo.UTC().Truncate(time.Millisecond)
	case l.Lifetime != 0:
		return now.Add(time.Duration(l.Lifetime)).UTC().Truncate(time.Millisecond)
	default:
		return now.Add(defaultLifetime).UTC().Truncate(time.Millisecond)
	}
}

// announce warns if the given credential will have expired when the minted one must
// be revoked. A minute's difference is ignored: both are often valid for an hour
// from now.
func (l *lifetime) announce(e Env, until time.Time) {
	ends, known := e.CredentialEnds()
	remedy := "shorten `lifetime`"
	if !l.ValidTo.IsZero() {
		remedy = "choose an earlier `valid-to`"
	}
	if (bool(l.RevokeAtJobEnd) || e.Exec) && known && ends.Add(time.Minute).Before(until) {
		e.Log.Warnf("the credential that you passed in expires at %s, before the new one (%s): if the job ends after that, azstep cannot revoke the new credential; %s",
			text.Moment(ends, e.Now()), text.Moment(until, e.Now()), remedy)
	}
}

// deliver delivers the result, and then tells the user what is necessary for the
// credential to end with the job.
func (l *lifetime) deliver(ctx context.Context, e Env, r Result) (keep bool, err error) {
	keep, err = e.Deliver(ctx, r)
	if err == nil && bool(l.RevokeAtJobEnd) && e.Advice != "" {
		e.Log.Infof("%s", e.Advice)
	}
	return keep, err
}

// ending describes for log and summary how the credential ends.
func (l *lifetime) ending(e Env) string {
	if bool(l.RevokeAtJobEnd) || e.Exec {
		return e.Ending
	}
	return "not revoked at job end"
}

// lease returns the options with which a credential is minted.
func (e Env) lease(noun string) lease.Options {
	return lease.Options{Journal: e.Journal, Log: e.Log.Infof, Noun: noun, Attempts: e.Attempts}
}

// expires says when something expires, for the log.
func (e Env) expires(at time.Time) string {
	if at.IsZero() {
		return "expiry unknown"
	}
	return "expires at " + text.Moment(at, e.Now())
}

// stamp formats a time for users.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// instant formats a time as an output: RFC 3339 in UTC with the service's own
// fractional seconds, or "" if unknown.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
