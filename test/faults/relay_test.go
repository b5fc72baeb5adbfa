//go:build unix

package faults

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// relay is the port that azstep connects to: it passes bytes on to the emulator, or
// plays faults below HTTP.
type relay struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	wrong func(net.Conn) // handles a connection; if nil, it is passed on
	times int            // number of connections that wrong handles; below 0 means all
	open  map[net.Conn]bool
	over  bool
	// accepted returns the number of connections. Call it after close.
	accepted int
	served   sync.WaitGroup
}

func newRelay(to string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, to: to, open: map[net.Conn]bool{}}
	r.served.Go(r.serve)
	return r, nil
}

func (r *relay) url() string { return "https://" + r.listener.Addr().String() }

// misbehave arms a fault and closes the open connections.
func (r *relay) misbehave(wrong func(net.Conn), times int) {
	r.mu.Lock()
	r.wrong, r.times = wrong, times
	r.mu.Unlock()
	r.reset()
}

// refuse closes the port, so that connections are refused.
func (r *relay) refuse() {
	_ = r.listener.Close()
	r.reset()
}

// reset ends every connection with an RST.
func (r *relay) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.open {
		reset(c)
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (r *relay) close() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	_ = r.listener.Close()
	r.reset()
	r.served.Wait()
}

func (r *relay) closed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

func (r *relay) serve() {
	for {
		c, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.keep(c)
		r.served.Go(func() {
			defer r.forget(c)
			if wrong := r.take(); wrong != nil {
				wrong(c)
				return
			}
			r.pass(c)
		})
	}
}

func (r *relay) take() func(net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.times == 0 {
		return nil
	}
	r.times--
	return r.wrong
}

func (r *relay) keep(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open[c] = true
	r.accepted++
}

func (r *relay) forget(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
	_ = c.Close()
}

// pass copies bytes in both directions until either side closes.
func (r *relay) pass(c net.Conn) {
	out, err := net.Dial("tcp", r.to)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { hand(out, c); _ = out.Close() })
	both.Go(func() { hand(c, out); _ = c.Close() })
	both.Wait()
}

// hand copies in user space. io.Copy would use Linux's splice with pipes that the
// runtime keeps for reuse, and that would look like a leak.
func hand(to io.Writer, from io.Reader) {
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
}

// presents plays a server that shows a certificate and sends nothing else.
func presents(certificate tls.Certificate) func(net.Conn) {
	return func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		if secure.Handshake() == nil {
			_, _ = io.Copy(io.Discard, secure) // until the client, which must reject it, closes
		}
	}
}
