//go:build unix

package faults

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"
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
	listener, err := listenOnPort()
	if err != nil {
		return nil, err
	}
	r := &relay{listener: listener, to: to, open: map[net.Conn]bool{}}
	r.served.Go(r.serve)
	return r, nil
}

// listenOnPort listens on a port by its number. The kernel then leaves the port with the
// socket when it no longer listens, as [relay.refuse] needs.
func listenOnPort() (listener net.Listener, err error) {
	for range 10 { // another process may take the port in between
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		_ = free.Close()
		if listener, err = net.Listen("tcp", free.Addr().String()); err == nil {
			return listener, nil
		}
	}
	return nil, errors.New("no port stays free")
}

func (r *relay) url() string { return "https://" + r.listener.Addr().String() }

// misbehave arms a fault and closes the open connections.
func (r *relay) misbehave(wrong func(net.Conn), times int) {
	r.mu.Lock()
	r.wrong, r.times = wrong, times
	r.mu.Unlock()
	r.reset()
}

// refuse stops listening, so that connections are refused. It keeps the port, because
// another emulator could get it, and answer. Systems other than Linux cannot do that.
func (r *relay) refuse() {
	kept := false
	if raw, err := r.listener.(*net.TCPListener).SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { kept = unix.Shutdown(int(fd), unix.SHUT_RDWR) == nil })
	}
	if !kept {
		_ = r.listener.Close()
	}
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
