package transport

import (
	"context"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A connection that was opened ahead is dropped after this time: nothing has been
// read from it, and servers close a connection on which a client sends nothing, some
// after 10 seconds.
const earlyLifetime = 8 * time.Second

// ahead holds the connections that were opened before their first request.
type ahead struct {
	mu     sync.Mutex
	closed bool
	conns  map[string]*early // by address; nil after its connection was taken
	work   sync.WaitGroup
}

// early is a connection that is being opened. conn, err and since are valid once
// done is closed.
type early struct {
	done  chan struct{}
	stop  context.CancelFunc
	conn  net.Conn
	err   error
	since time.Time
}

// Warm opens a connection to the host of each URL in the background, once for each
// address, so that the first request finds it ready. Behind a proxy it only reads
// the root certificates. It skips URLs that cannot be used; the request to them will
// report why.
func (t *Transport) Warm(urls ...*url.URL) {
	if t.proxy != nil {
		go t.base()
		return
	}
	for _, u := range urls {
		if u != nil && u.Scheme == "https" && u.Hostname() != "" {
			t.ahead.open(address(u), t.connect)
		}
	}
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func (a *ahead) open(addr string, connect dialFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, had := a.conns[key(addr)]; had || a.closed {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), connectTimeout+handshakeTimeout)
	e := &early{done: make(chan struct{}), stop: stop}
	a.conns[key(addr)] = e
	a.work.Go(func() {
		defer close(e.done)
		defer stop()
		e.conn, e.err = connect(ctx, "tcp", addr)
		e.since = time.Now()
	})
}

// take returns the connection to an address, or nil if there is no usable one. An
// error is that of the context.
func (a *ahead) take(ctx context.Context, addr string) (net.Conn, error) {
	e := a.claim(addr)
	if e == nil {
		return nil, nil
	}
	select {
	case <-e.done:
	case <-ctx.Done(): // net/http cancels a dial only when it is closed itself
		go e.discard()
		return nil, context.Cause(ctx)
	}
	if e.err != nil {
		return nil, nil // the caller's own attempt gives the error its context
	}
	if time.Since(e.since) > earlyLifetime {
		_ = e.conn.Close()
		return nil, nil
	}
	return e.conn, nil
}

func (a *ahead) claim(addr string) *early {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.conns[key(addr)]
	a.conns[key(addr)] = nil
	return e
}

// close closes unused connections and waits until they are gone.
func (a *ahead) close() {
	a.mu.Lock()
	a.closed = true
	for addr, e := range a.conns {
		if e != nil {
			a.work.Go(e.discard)
		}
		a.conns[addr] = nil
	}
	a.mu.Unlock()
	a.work.Wait()
}

func (e *early) discard() {
	e.stop()
	<-e.done
	if e.conn != nil {
		_ = e.conn.Close()
	}
}

// key returns an address as used in the map: net/http dials a host as it was typed.
func key(addr string) string { return strings.ToLower(addr) }
