package emulator

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// iotToken is an API token of an application.
type iotToken struct {
	id      string
	text    string
	roles   []roleAssignment
	created time.Time
	expiry  time.Time
	deleted bool
}

// deleteToken deletes a token. If too many deleted tokens are stored, it drops the
// oldest.
func (st *state) deleteToken(a *iotApp, t *iotToken) {
	t.deleted = true
	a.deleted++
	st.counts.APITokens.Ended++
	if a.deleted > maxRevoked {
		oldest := slices.IndexFunc(a.tokens, func(t *iotToken) bool { return t.deleted })
		a.tokens = slices.Delete(a.tokens, oldest, oldest+1)
		a.deleted--
	}
}

// roleAssignment is RoleAssignment of the API description.
type roleAssignment struct {
	Role         string `json:"role"`
	Organization string `json:"organization,omitempty"`
}

// state returns active, expired or deleted.
func (t *iotToken) state(now time.Time) string {
	switch {
	case t.deleted:
		return "deleted"
	case !now.Before(t.expiry):
		return "expired"
	}
	return "active"
}

// newTokenText returns a token in the real format: se is a time in milliseconds
// since 1970, sig percent-encoded base64 of 32 bytes, which contains FAKE here.
func newTokenText(a *iotApp, id string, se time.Time) string {
	signature := "FAKE" + base64.StdEncoding.EncodeToString(randomBytes(32))[4:]
	return "SharedAccessSignature sr=" + a.ID + "&sig=" + url.QueryEscape(signature) +
		"&skn=" + url.QueryEscape(id) + "&se=" + strconv.FormatInt(se.UnixMilli(), 10)
}

// iotTime formats a time as IoT Central does.
func iotTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// iotTokenWire is ApiToken of the API description.
type iotTokenWire struct {
	ID     string           `json:"id"`
	Roles  []roleAssignment `json:"roles"`
	Expiry string           `json:"expiry"`
	Token  string           `json:"token,omitempty"` // only in the response to PUT
}

func wireToken(t *iotToken) iotTokenWire {
	return iotTokenWire{ID: t.id, Roles: t.roles, Expiry: iotTime(t.expiry)}
}

// APIToken describes an IoT Central token, without its text, for tests and people.
type APIToken struct {
	Application string    `json:"application"` // subdomain
	ID          string    `json:"id"`
	Roles       []string  `json:"roles"` // role id, or role@organization
	Created     time.Time `json:"created"`
	Expiry      time.Time `json:"expiry"`
	State       string    `json:"state"` // active, expired or deleted
}

// APITokens returns all tokens that were ever created in any application, oldest
// first. The same id can occur several times.
func (s *Server) APITokens() []APIToken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.allAPITokens(s.now())
}

func (st *state) allAPITokens(now time.Time) []APIToken {
	out := []APIToken{}
	for _, a := range st.apps {
		for _, t := range a.tokens {
			shown := APIToken{Application: a.Subdomain, ID: t.id, Created: t.created, Expiry: t.expiry, State: t.state(now)}
			for _, r := range t.roles {
				role := r.Role
				if r.Organization != "" {
					role += "@" + r.Organization
				}
				shown.Roles = append(shown.Roles, role)
			}
			out = append(out, shown)
		}
	}
	slices.SortStableFunc(out, func(a, b APIToken) int { return a.Created.Compare(b.Created) })
	return out
}

// IoTPolicy selects how IoT Central behaves where nothing is documented. The zero
// value is the simplest reading of the API description.
type IoTPolicy struct {
	Replace   bool          `yaml:"replace"`   // PUT on an existing id replaces the token instead of returning 409
	MaxLife   time.Duration `yaml:"maxLife"`   // longer lifetimes are shortened to it; 0 means no limit
	MinLife   time.Duration `yaml:"minLife"`   // shorter lifetimes are extended to it
	Round     time.Duration `yaml:"round"`     // unit that expiries are cut to; a negative unit rounds up
	SEOffset  time.Duration `yaml:"seOffset"`  // difference between the se in a token and its expiry
	PerSecond int           `yaml:"perSecond"` // requests of all callers together, then 429; 0 means no limit (the service's is 20)
}

// SetIoTPolicy changes an application; "" is the first one of the seed.
func (s *Server) SetIoTPolicy(subdomain string, p IoTPolicy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setIoTPolicy(subdomain, p)
}

func (st *state) setIoTPolicy(subdomain string, p IoTPolicy) error {
	a := st.iotApp(subdomain)
	if a == nil {
		return fmt.Errorf("IoT Central application %q is not in the seed", subdomain)
	}
	a.Policy = p
	return nil
}

// controlIoT takes an [IoTPolicy]: {"maxLife":"1h"}.
func controlIoT(c *call) reply {
	var p IoTPolicy
	if err := c.decodeOptions(&p); err != nil {
		return badControl(err)
	}
	if err := c.setIoTPolicy(c.param("application"), p); err != nil {
		return badControl(err)
	}
	return noContent()
}

// usualTokenLife is the default lifetime of a token: "approximately one year"
// (azure-docs, howto-authorize-rest-api.md).
const usualTokenLife = 365 * 24 * time.Hour

// expiry returns when a token ends for a requested time, which is zero by default.
// It has whole milliseconds.
func (p IoTPolicy) expiry(asked, now time.Time) time.Time {
	if asked.IsZero() {
		asked = now.Add(usualTokenLife)
	}
	if p.MaxLife > 0 && asked.After(now.Add(p.MaxLife)) {
		asked = now.Add(p.MaxLife)
	}
	if asked.Before(now.Add(p.MinLife)) {
		asked = now.Add(p.MinLife)
	}
	return p.rounded(asked.UTC().Truncate(time.Millisecond))
}

func (p IoTPolicy) rounded(t time.Time) time.Time {
	if p.Round < 0 {
		return t.Add(-p.Round - 1).Truncate(-p.Round)
	}
	return t.Truncate(p.Round)
}

// tooMany counts a request and reports whether it exceeds the limit for this second.
func (a *iotApp) tooMany(now time.Time) bool {
	if now.Unix() != a.second {
		a.second, a.count = now.Unix(), 0
	}
	a.count++
	return a.Policy.PerSecond > 0 && a.count > a.Policy.PerSecond
}
