package audit

import (
	"fmt"
	"time"

	"github.com/azstep/azstep/internal/text"
)

// How often a long run says how far it is: in a log, and in a line of a terminal
// that is rewritten.
const (
	progress = 5 * time.Second
	rewrite  = 200 * time.Millisecond
)

// pace says how far a long run is.
type pace struct {
	site      *Site
	did, noun string
	done, all int
	began     time.Time
	last      time.Time // line of the log
	shown     time.Time // line of the terminal
	rewritten bool
}

func newPace(s *Site, did string, all int, noun string) *pace {
	now := s.Now()
	return &pace{site: s, did: did, noun: noun, all: all, began: now, last: now, shown: now}
}

// step counts one more, and says so when it is time.
func (p *pace) step() {
	p.done++
	now := p.site.Now()
	switch {
	case p.done == p.all:
		p.end()
	case now.Sub(p.shown) >= rewrite && p.site.Log.Progress(p.line(now)):
		p.shown, p.last, p.rewritten = now, now, true
	case now.Sub(p.last) >= progress:
		p.site.Log.Infof("%s", p.line(now))
		p.last = now
	}
}

// end takes the line of a terminal away.
func (p *pace) end() {
	if p.rewritten {
		p.site.Log.Progress("")
	}
}

// line is how far the run is and, as far as its pace so far tells, how long the
// rest takes.
func (p *pace) line(now time.Time) string {
	line := fmt.Sprintf("%s %d of %s", p.did, p.done, text.Count(p.all, p.noun))
	if spent := now.Sub(p.began); spent >= time.Second {
		line += ", " + text.Span(spent/time.Duration(p.done)*time.Duration(p.all-p.done)) + " left"
	}
	return line
}
