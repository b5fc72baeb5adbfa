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

// deleteToken ends a token, and forgets the oldest of too many that have ended.
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

// state is active, expired or deleted.
func (t *iotToken) state(now time.Time) string {
	switch {
	case t.deleted:
		return "deleted"
	case !now.Before(t.expiry):
		return "expired"
	}
	return "active"
}

// newTokenText has the form of a real one: se is an instant in milliseconds since
// 1970, sig a percent-encoded base64 text of 32 bytes, which says FAKE here.
func newTokenText(a *iotApp, id string, se time.Time) string {
	signature := "FAKE" + base64.StdEncoding.EncodeToString(randomBytes(32))[4:]
	return "SharedAccessSignature sr=" + a.ID + "&sig=" + url.QueryEscape(signature) +
		"&skn=" + url.QueryEscape(id) + "&se=" + strconv.FormatInt(se.UnixMilli(), 10)
}

// iotTime is how IoT Central writes an instant.
func iotTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// iotTokenWire is ApiToken of the API description.
type iotTokenWire struct {
	ID     string           `json:"id"`
	Roles  []roleAssignment `json:"roles"`
	Expiry string           `json:"expiry"`
	Token  string           `json:"token,omitempty"` // only ever in the answer to PUT
}

func wireToken(t *iotToken) iotTokenWire {
	return iotTokenWire{ID: t.id, Roles: t.roles, Expiry: iotTime(t.expiry)}
}

// APIToken is a token of IoT Central as a test or a person sees it: without its text.
type APIToken struct {
	Application string    `json:"application"` // subdomain
	ID          string    `json:"id"`
	Roles       []string  `json:"roles"` // role id, or role@organization
	Created     time.Time `json:"created"`
	Expiry      time.Time `json:"expiry"`
	State       string    `json:"state"` // active, expired or deleted
}

// APITokens are all that were ever minted in any application, oldest first; an
// id can be among them several times.
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

// IoTPolicy chooses between behaviours of IoT Central that are not documented.
// The zero value is the plainest reading of the API description.
type IoTPolicy struct {
	Replace   bool          `yaml:"replace"`   // PUT on an id that exists replaces that token; otherwise it is 409
	MaxLife   time.Duration `yaml:"maxLife"`   // a token that asks for longer gets this; 0: what it asks for
	MinLife   time.Duration `yaml:"minLife"`   // a token that asks for less gets this
	Round     time.Duration `yaml:"round"`     // expiries are cut to whole units of this; negative: to the next whole unit
	SEOffset  time.Duration `yaml:"seOffset"`  // how much later than its expiry the se of a token is
	PerSecond int           `yaml:"perSecond"` // requests of all callers together, then 429; 0: no limit (the service's is 20)
}

// SetIoTPolicy changes an application ("" is the seed's first) from now on.
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

// usualTokenLife is what a token lives that asks for nothing: "approximately one
// year" (azure-docs, howto-authorize-rest-api.md).
const usualTokenLife = 365 * 24 * time.Hour

// expiry is when a token ends that asks for an instant; the zero time asks for
// nothing. Tokens know whole milliseconds.
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

// tooMany counts a request and tells whether it is one too many for this second.
func (a *iotApp) tooMany(now time.Time) bool {
	if now.Unix() != a.second {
		a.second, a.count = now.Unix(), 0
	}
	a.count++
	return a.Policy.PerSecond > 0 && a.count > a.Policy.PerSecond
}
