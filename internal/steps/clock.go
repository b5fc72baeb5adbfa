package steps

import (
	"errors"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/text"
	"github.com/azstep/azstep/internal/transport"
)

// minute is the difference up to which two clocks, or two expiry times, count as
// equal, because services round.
const minute = time.Minute

// skew returns how far this machine's clock is ahead of the service's. A response
// tells the service's time in seconds; it was created at some moment between the two
// given. An unknown time counts as no difference.
func skew(began, ended, said time.Time) time.Duration {
	if said.IsZero() {
		return 0
	}
	earliest, latest := began.Sub(said.Add(time.Second)), ended.Sub(said)
	if earliest <= 0 && latest >= 0 { // the response may have been created at any moment between them
		return 0
	}
	return (earliest + latest) / 2
}

// clock is this machine's clock, corrected by the service's: a credential should be
// valid as long as requested, and not as long as a wrong clock makes it.
type clock struct {
	env    Env
	life   *lifetime
	began  time.Time     // when the current request was made
	ahead  time.Duration // this machine's clock minus the service's, if the difference exceeds a minute
	warned bool
	again  bool // the credential must be created once more
	tries  int
}

// start returns the time at which the lifetime begins, by the best clock available.
func (c *clock) start() time.Time {
	c.began = c.env.Now()
	c.tries++
	return c.began.Add(-c.ahead)
}

// read uses what the service says about its clock: the time of its response and, if
// it says so, the time from which the credential is valid. If the two differ, the
// one nearer to this machine's clock counts, because the Date of some services does
// not come from the service itself.
func (c *clock) read(said ...time.Time) {
	first, ahead := true, time.Duration(0)
	for _, one := range said {
		if one.IsZero() {
			continue
		}
		if d := skew(c.began, c.env.Now(), one); first || d.Abs() < ahead.Abs() {
			first, ahead = false, d
		}
	}
	if ahead.Abs() <= minute {
		return
	}
	c.ahead = ahead
	if c.warned {
		return
	}
	c.warned = true
	where := "ahead of"
	if ahead < 0 {
		where = "behind"
	}
	c.env.Log.Warnf("this machine's clock is %s %s the service's clock; correct it", input.Duration(ahead.Abs().Round(10*time.Second)), where)
}

// corrected returns the environment with the service's clock, for messages about the
// times that the service named.
func (c *clock) corrected() Env {
	e, now := c.env, c.env.Now
	e.Now = func() time.Time { return now().Add(-c.ahead) }
	return e
}

// misled reports whether a credential is valid for longer or shorter than requested
// because of this machine's clock. It is then not delivered, and created again.
func (c *clock) misled(asked, got time.Time) bool {
	if c.ahead == 0 || c.tries > 1 || !c.life.ValidTo.IsZero() {
		return false
	}
	now := c.env.Now().Add(-c.ahead)
	taken := got.IsZero() || got.Sub(asked).Abs() <= minute
	c.again = taken || got.After(c.life.end(now).Add(minute))
	if c.again {
		c.env.Log.Infof("revoking the new credential, which would expire at %s, and creating it again by the service's clock", text.Moment(got, now))
	}
	return c.again
}

// refused reports whether the service rejected an expiry that is invalid only because
// of a wrong clock: it has passed, or is too far away.
func (c *clock) refused(err error, asked time.Time) bool {
	f := fault.From(err)
	_, unsent := errors.AsType[*transport.Unsent](err)
	if f == nil || f.MaybeDone || unsent || f.Date.IsZero() || c.tries > 1 || !c.life.ValidTo.IsZero() {
		return false
	}
	c.read(f.Date)
	left := asked.Sub(c.env.Now().Add(-c.ahead))
	if c.ahead == 0 || left > 0 && left <= maxLifetime {
		return false
	}
	c.env.Log.Infof("the service refused the expiry because this machine's clock is wrong; creating the credential again by the service's clock")
	return true
}
