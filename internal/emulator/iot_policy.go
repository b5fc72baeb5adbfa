package emulator

import (
	"fmt"
	"time"
)

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
