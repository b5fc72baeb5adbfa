//go:build unix

package faults

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
)

// gate is the port that azstep is sent to: it passes bytes on to the emulator,
// or plays what goes wrong below HTTP.
type gate struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	wrong func(net.Conn) // what becomes of a connection; nil is passed on
	times int            // of how many; below 0 of all
	open  map[net.Conn]bool
	over  bool
	// accepted is how many connections there were; to be read after close.
	accepted int
	served   sync.WaitGroup
}

func newGate(to string) (*gate, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	g := &gate{listener: listener, to: to, open: map[net.Conn]bool{}}
	g.served.Go(g.serve)
	return g, nil
}

func (g *gate) url() string { return "https://" + g.listener.Addr().String() }

// misbehave arms what goes wrong, and ends the connections that there are.
func (g *gate) misbehave(wrong func(net.Conn), times int) {
	g.mu.Lock()
	g.wrong, g.times = wrong, times
	g.mu.Unlock()
	g.reset()
}

// refuse closes the port: nobody listens there any more.
func (g *gate) refuse() {
	_ = g.listener.Close()
	g.reset()
}

// reset ends every connection with an RST.
func (g *gate) reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.open {
		reset(c)
	}
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

func (g *gate) close() {
	g.mu.Lock()
	g.over = true
	g.mu.Unlock()
	_ = g.listener.Close()
	g.reset()
	g.served.Wait()
}

func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.over
}

func (g *gate) serve() {
	for {
		c, err := g.listener.Accept()
		if err != nil {
			return
		}
		g.keep(c)
		g.served.Go(func() {
			defer g.forget(c)
			if wrong := g.take(); wrong != nil {
				wrong(c)
				return
			}
			g.pass(c)
		})
	}
}

func (g *gate) take() func(net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.times == 0 {
		return nil
	}
	g.times--
	return g.wrong
}

func (g *gate) keep(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open[c] = true
	g.accepted++
}

func (g *gate) forget(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
	_ = c.Close()
}

// pass hands bytes on in both directions until either side ends.
func (g *gate) pass(c net.Conn) {
	out, err := net.Dial("tcp", g.to)
	if err != nil {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { hand(out, c); _ = out.Close() })
	both.Go(func() { hand(c, out); _ = c.Close() })
	both.Wait()
}

// hand copies by hand. io.Copy would let Linux do it, through pipes that the
// runtime keeps for the next time, and that would look like a leak.
func hand(to io.Writer, from io.Reader) {
	_, _ = io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from})
}

// presents is a server that shows a certificate and never gets to say more.
func presents(certificate tls.Certificate) func(net.Conn) {
	return func(c net.Conn) {
		secure := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
		if secure.Handshake() == nil {
			_, _ = io.Copy(io.Discard, secure) // until the client, which must not like it, closes
		}
	}
}
