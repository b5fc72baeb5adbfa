package transport

import (
	"net/url"
	"sync"
)

// learned records, by host, how services must be addressed.
type learned struct {
	mu      sync.Mutex
	changes map[string]func(*url.URL) *url.URL
}

func (l *learned) keep(host string, change func(*url.URL) *url.URL) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes == nil {
		l.changes = map[string]func(*url.URL) *url.URL{}
	}
	l.changes[host] = change
}

// change returns the address in the form that its host expects.
func (l *learned) change(u *url.URL) *url.URL {
	l.mu.Lock()
	defer l.mu.Unlock()
	if change, ok := l.changes[u.Host]; ok {
		return change(u)
	}
	return u
}

// otherwise changes how the exchange addresses the service, once, and reports
// whether it did.
func (c *Caller) otherwise(x *exchange, f *failure) bool {
	if f.change == nil || x.changed {
		return false
	}
	x.changed = true
	x.request.URL = f.change(x.call.URL)
	c.learned.keep(x.call.URL.Host, f.change)
	c.t.log("repeating the request in the form that %s supports: %s", x.call.URL.Host, statusText(f.fault.Status))
	return true
}
