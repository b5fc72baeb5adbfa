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

// Options of a [Server]. The zero value is a server with the built-in seed.
type Options struct {
	Now     func() time.Time // the clock; nil means time.Now
	Seed    []byte           // YAML as in [DefaultSeed]; nil means that
	Latency time.Duration    // waited before every answer, for benchmarks
	LogSize int              // entries of the request log's ring; 0 means 4096
	Also    []string         // names besides that the certificate is for, of clients that a proxy leads here
	Name    string           // host name or address that clients use, of a container for example; "" means a loopback address
}

// Server is the emulated services. Its methods may be called from anywhere at
// any time after [Server.Start].
type Server struct {
	options Options
	routes  routeTable
	places  []location
	keys    keys
	ca      authority
	http    *http.Server
	open    atomic.Int64 // connections
	url     string
	closed  chan struct{} // by end
	end     func()

	mu  sync.Mutex // guards what follows
	st  *state
	log *requestLog
}

// nameLetters are those of host names and addresses.
const nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-_"

// New makes a server and its throw-away certificate authority; nothing listens
// yet. An error says what is wrong with the seed.
func New(o Options) (*Server, error) {
	if strings.Trim(o.Name, nameLetters) != "" {
		return nil, fmt.Errorf("name %q is neither a host's name nor an address", o.Name)
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
		return nil, fmt.Errorf("make a certificate authority: %w", err)
	}
	return s, nil
}

// Start listens on addr, a loopback address such as "127.0.0.1:0", and serves
// until [Server.Close]. Any other address is refused, because what answers here
// believes everybody who says that they are a user, unless [Options.Name] says
// that others are meant to: then everybody who reaches the port is one of them.
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
		// Clients that distrust the certificate are part of the tests.
		ErrorLog: log.New(io.Discard, "", 0),
	}
	go func() { _ = s.http.ServeTLS(listener, "", "") }() // ends with Close
	return nil
}

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

// hostNames are those of the certificate, beside loopback.
func (s *Server) hostNames() []string {
	names := append(s.st.hostNames(), s.options.Also...)
	if s.options.Name != "" {
		names = append(names, s.options.Name)
	}
	return names
}

// authority is host and port as clients write them.
func (s *Server) authority(listening string) string {
	if s.options.Name == "" {
		return listening
	}
	_, port, _ := net.SplitHostPort(listening) // every TCP address has one
	return net.JoinHostPort(s.options.Name, port)
}

// Close stops listening and breaks every connection, hung ones too.
func (s *Server) Close() error {
	s.end()
	if s.http == nil {
		return nil
	}
	return s.http.Close()
}

// URL is the base of everything, such as "https://127.0.0.1:40123".
func (s *Server) URL() string { return s.url }

// CAPEM is the certificate, in PEM, that a client has to trust.
func (s *Server) CAPEM() []byte { return s.ca.pem }

// Reset puts the state back to the seed and forgets requests, faults and
// policies. Keys stay: an Entra token made before goes on being valid.
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

// now is the server's time; the caller holds the mutex.
func (s *Server) now() time.Time { return s.options.Now().Add(s.st.skew).UTC() }

// Advance moves the server's clock, to see things expire.
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
	return fmt.Errorf("address %q: only loopback addresses are served", addr)
}

var errStopped = errors.New("the server is not started")
