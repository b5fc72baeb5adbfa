package steps

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// notes is a Logger that records its lines.
type notes struct{ said []string }

func (n *notes) Infof(format string, _ ...any) { n.said = append(n.said, format) }
func (n *notes) Warnf(format string, _ ...any) { n.said = append(n.said, "warning: "+format) }
func (n *notes) WarnAt(string, int, string)    {}

// at returns a clock on a machine that shows now.
func at(now time.Time, life *lifetime) (*clock, *notes) {
	log := new(notes)
	c := &clock{env: Env{Now: func() time.Time { return now }, Log: log}, life: life}
	c.start()
	return c, log
}

func TestClockMisleads(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	asked := now.Add(time.Hour)
	for name, c := range map[string]struct {
		service   time.Duration // the service's clock minus this machine's
		validFrom time.Duration // start of the validity minus this machine's time
		got       time.Duration // the expiry minus this machine's time
		want      bool
	}{
		"right":                             {0, 0, time.Hour, false},
		"half a minute":                     {30 * time.Second, 30 * time.Second, time.Hour, false},
		"ahead, as asked":                   {-5 * time.Hour, -5 * time.Hour, time.Hour, true},
		"behind, as asked":                  {30 * time.Minute, 30 * time.Minute, time.Hour, true},
		"ahead, and shortened below":        {-5 * time.Hour, -5 * time.Hour, -4*time.Hour - 30*time.Minute, false},
		"ahead, shortened and still longer": {-5 * time.Hour, -5 * time.Hour, -2 * time.Hour, true},
		"a Date that is somebody else's":    {-5 * time.Hour, 0, time.Hour, false},
		"a sample of years ago":             {0, -50000 * time.Hour, time.Hour, false},
	} {
		clock, log := at(now, &lifetime{})
		clock.read(now.Add(c.service), now.Add(c.validFrom))
		if got := clock.misled(asked, now.Add(c.got)); got != c.want || clock.again != c.want {
			t.Errorf("%s: %v", name, got)
		}
		told := len(log.said) > 0 && strings.HasPrefix(log.said[0], "warning: this machine's clock")
		if told != (clock.ahead != 0) {
			t.Errorf("%s: logged %q", name, log.said)
		}
		if clock.start(); clock.misled(asked, now.Add(c.got)) {
			t.Errorf("%s: misled twice", name)
		}
	}
}

func TestClockDifferenceThatHasNoEffect(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	c, _ := at(now, &lifetime{ValidTo: input.Instant{Time: now.Add(time.Hour)}})
	c.read(now.Add(-5 * time.Hour))
	if c.misled(now.Add(time.Hour), now.Add(time.Hour)) {
		t.Error("an expiry that the user chose was changed")
	}
	c, _ = at(now, &lifetime{})
	if c.read(time.Time{}); c.ahead != 0 {
		t.Error("a response without a Date counts as a difference")
	}
}

func TestRefusalThatAWrongClockExplains(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		date  time.Duration
		maybe bool
		want  bool
	}{
		"the end has passed":    {3 * time.Hour, false, true},
		"the end is too far":    {-366 * 24 * time.Hour, false, true},
		"the end is a fair one": {30 * time.Minute, false, false},
		"the clocks agree":      {0, false, false},
		"it may have been done": {3 * time.Hour, true, false},
	} {
		clock, _ := at(now, &lifetime{})
		err := &fault.Error{Code: fault.RequestRefused, Date: now.Add(c.date), MaybeDone: c.maybe, Err: errors.New("no")}
		if got := clock.refused(err, now.Add(time.Hour)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	clock, _ := at(now, &lifetime{})
	if clock.refused(nil, now) || clock.refused(errors.New("x"), now) {
		t.Error("an error that is not from the service counts as its refusal")
	}
}

func (*notes) Progress(string) bool { return false }
