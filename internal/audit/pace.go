package audit

import (
	"time"

	"github.com/azstep/azstep/internal/text"
)

// progress is how often a long run says how far it is.
const progress = 5 * time.Second

// pace says how far a long run is.
type pace struct {
	site      *Site
	did, noun string
	done, all int
	last      time.Time
}

func newPace(s *Site, did string, all int, noun string) *pace {
	return &pace{site: s, did: did, noun: noun, all: all, last: s.Now()}
}

// step counts one more, and says so when it is time.
func (p *pace) step() {
	p.done++
	if now := p.site.Now(); now.Sub(p.last) >= progress {
		p.site.Log.Infof("%s %d of %s", p.did, p.done, text.Count(p.all, p.noun))
		p.last = now
	}
}
