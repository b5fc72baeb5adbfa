package transport

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"azstep/internal/fault"
)

// gate keeps requests back after the service asked for less load, be it in an
// answer that was a success. It is shared by all requests of a Transport, since
// Azure DevOps counts per user and not per address.
type gate struct {
	mu    sync.Mutex
	until time.Time
	why   string
}

// shut keeps the gate closed for d, or longer where it is already.
func (g *gate) shut(d time.Duration, why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(d); d > 0 && until.After(g.until) {
		g.until, g.why = until, why
	}
}

func (g *gate) left() (time.Duration, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.until), g.why
}

// gatePolicy waits until the gate is open. Only a request that is made waits:
// what the last answer of a run asked for delays nobody.
type gatePolicy struct{ t *Transport }

func (p gatePolicy) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	for {
		d, why := p.t.gate.left()
		if d <= 0 {
			return req.Next()
		}
		if !fits(ctx, d) {
			return nil, tooLong(fault.New(fault.RateLimited, "%s", why), d)
		}
		p.t.log("waiting %s before the next request: %s", shown(d), why)
		if err := pause(ctx, d); err != nil {
			return nil, stopped(ctx, describe(req.Raw()), false)
		}
	}
}

// tooLong makes a fault say that there was no time for the wait asked for.
func tooLong(f *fault.Error, d time.Duration) *fault.Error {
	f.RetryAfter = d
	f.Err = fmt.Errorf("%w; the service asks to wait %s, which does not fit the input timeout", f.Err, shown(d))
	return f.With(fmt.Sprintf("raise the input timeout by at least %s, or run the step later", shown(d)))
}
