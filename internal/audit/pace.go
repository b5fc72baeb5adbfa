package audit

import (
	"fmt"
	"time"

	"github.com/azstep/azstep/internal/text"
)

// Intervals at which a long run reports its progress: in a log, and in a terminal,
// where the line is rewritten.
const (
	progress = 5 * time.Second
	rewrite  = 200 * time.Millisecond
)

// pace reports the progress of a long run.
type pace struct {
	site      *Site
	did, noun string
	done, all int
	began     time.Time
	last      time.Time // when a log line was last written
	shown     time.Time // when the terminal line was last written
	rewritten bool
}

func newPace(s *Site, did string, all int, noun string) *pace {
	now := s.Now()
	return &pace{site: s, did: did, noun: noun, all: all, began: now, last: now, shown: now}
}

// step counts one more item and reports progress when it is time.
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

// end removes the progress line from a terminal.
func (p *pace) end() {
	if p.rewritten {
		p.site.Log.Progress("")
	}
}

// line says how far the run is and, estimated from its pace so far, how long the
// rest takes.
func (p *pace) line(now time.Time) string {
	line := fmt.Sprintf("%s %d of %s", p.did, p.done, text.Count(p.all, p.noun))
	if spent := now.Sub(p.began); spent >= time.Second {
		line += ", " + text.Span(spent/time.Duration(p.done)*time.Duration(p.all-p.done)) + " left"
	}
	return line
}
