package emulator

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options of a [Server]. The zero value uses the built-in seed.
type Options struct {
	Now     func() time.Time // the clock; nil means time.Now
	Seed    []byte           // YAML like [DefaultSeed], which is the default
	Latency time.Duration    // delay of every response, for benchmarks
	LogSize int              // number of entries in the request log; 0 means 4096
	Also    []string         // more names in the certificate, for clients that reach the server through a proxy
	Name    string           // host name or address that clients use, for example of a container; "" means a loopback address
}

// Server is the emulated services. Its methods may be called concurrently at any
// time after [Server.Start].
type Server struct {
	options Options
	routes  routeTable
	places  []location
	keys    keys
	ca      authority
	http    *http.Server
	open    atomic.Int64 // connections
	url     string
	closed  chan struct{} // closed by end
	end     func()

	mu  sync.Mutex // protects the fields below
	st  *state
	log *requestLog
}

// nameLetters lists the characters of host names and addresses.
const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_"

// New creates a server and its temporary certificate authority. It does not listen
// yet. An error says what is wrong with the seed.
func New(o Options) (*Server, error) {
	if strings.Trim(o.Name, nameLetters) != "" {
		return nil, fmt.Errorf("name: %q is not a host name or an address", o.Name)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Seed == nil {
		o.Seed = DefaultSeed()
	}
	if o.LogSize <= 0 {
		o.LogSize = 4096
	}
	s := &Server{options: o, places: locations(), keys: newKeys(), closed: make(chan struct{})}
	s.routes = newRouteTable(routes(), s.places)
	s.end = sync.OnceFunc(func() { close(s.closed) })
	if err := s.Reset(); err != nil {
		return nil, err
	}
	var err error
	if s.ca, err = newAuthority(s.hostNames()); err != nil {
		return nil, fmt.Errorf("create a certificate authority: %w", err)
	}
	return s, nil
}

// Start listens on addr, a loopback address such as "127.0.0.1:0", and serves until
// [Server.Close]. Other addresses are rejected unless [Options.Name] is set, because
// the emulator does not check who a user is: anyone who can reach the port can act
// as every user.
func (s *Server) Start(addr string) error {
	if s.options.Name == "" {
		if err := checkLoopback(addr); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.url = "https://" + s.authority(listener.Addr().String())
	s.http = &http.Server{
		Handler:           s,
		TLSConfig:         s.ca.serverConfig(),
		ConnContext:       s.admit,
		ConnState:         s.tally,
		ReadHeaderTimeout: 30 * time.Second,
		// Tests include clients that do not trust the certificate.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = s.http.ServeTLS(listener, "", "") }() // ends with Close
	return nil
}

// tally counts open connections. It is the server's ConnState.
func (s *Server) tally(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.open.Add(-1)
	}
}

// OpenConnections returns how many connections are open, except those that a fault
// took over. With none, every request of a client that has ended was handled.
func (s *Server) OpenConnections() int { return int(s.open.Load()) }

// hostNames returns the names in the certificate other than loopback.
func (s *Server) hostNames() []string {
	names := append(s.st.hostNames(), s.options.Also...)
	if s.options.Name != "" {
		names = append(names, s.options.Name)
	}
	return names
}

// authority returns host and port as clients write them.
func (s *Server) authority(listening string) string {
	if s.options.Name == "" {
		return listening
	}
	_, port, _ := net.SplitHostPort(listening) // every TCP address has a port
	return net.JoinHostPort(s.options.Name, port)
}

// Close stops listening and closes every connection, including hanging ones.
func (s *Server) Close() error {
	s.end()
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}

// URL returns the base address, such as "https://127.0.0.1:40123".
func (s *Server) URL() string { return s.url }

// CAPEM returns the certificate that clients have to trust, in PEM.
func (s *Server) CAPEM() []byte { return s.ca.pem }

// Reset restores the state of the seed and removes requests, faults and policies.
// Keys are kept: Entra tokens from before stay valid.
func (s *Server) Reset() error {
	fresh, err := newState(s.options.Seed)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st = fresh
	s.log = newRequestLog(s.options.LogSize)
	return nil
}

// now returns the server's time. The caller holds the mutex.
func (s *Server) now() time.Time { return s.options.Now().Add(s.st.skew).UTC() }

// Advance moves the server's clock, for example to let tokens expire.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.skew += d
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address %q: %w", addr, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("address %q: use a loopback address, or set a name", addr)
}

var errStopped = errors.New("the server has not been started")
