package steps

import "time"

// progress is how often a long run says how far it is.
const progress = 5 * time.Second

// pace says how far a long run is.
type pace struct {
	env       Env
	did, noun string
	done, all int
	last      time.Time
}

func newPace(e Env, did string, all int, noun string) *pace {
	return &pace{env: e, did: did, noun: noun, all: all, last: e.Now()}
}

// step counts one more, and says so when it is time.
func (p *pace) step() {
	p.done++
	if now := p.env.Now(); now.Sub(p.last) >= progress {
		p.env.Log.Infof("%s %d of %s", p.did, p.done, count(p.all, p.noun))
		p.last = now
	}
}
