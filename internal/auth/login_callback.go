package auth

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// callback is the loopback address to which Entra sends the browser (RFC 8252, 7.3).
// It accepts one response: that for the sign-in with its state.
type callback struct {
	port      int
	state     string
	server    *http.Server
	arrived   chan url.Values // one slot
	once      sync.Once
	concluded chan string // the final text on the page
}

// listen opens a free port on the loopback interface. Browsers may resolve localhost
// to either of its addresses, so it listens on both if they exist.
func listen(ctx context.Context, state string) (*callback, error) {
	c := &callback{state: state, arrived: make(chan url.Values, 1), concluded: make(chan string, 1)}
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fault.New(fault.Network, "sign in: listen on the loopback interface: %w", err).With(useDeviceCode)
	}
	c.port = first.Addr().(*net.TCPAddr).Port
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 16}
	go func() { _ = c.server.Serve(first) }() // ends when the server is closed
	if second, err := config.Listen(ctx, "tcp6", "[::1]:"+strconv.Itoa(c.port)); err == nil {
		go func() { _ = c.server.Serve(second) }()
	}
	return c, nil
}

// address returns the redirect URI. Entra ignores the port if http://localhost is
// registered (learn.microsoft.com, "Redirect URI restrictions").
func (c *callback) address() string { return "http://localhost:" + strconv.Itoa(c.port) }

// conclude shows the result to the user, and closes the server once the browser has
// read it.
func (c *callback) conclude(text string) {
	c.concluded <- text
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.server.Shutdown(ctx) // a browser that does not read is abandoned
	_ = c.server.Close()
}

// ServeHTTP accepts the browser's response. Other requests, such as those of a page
// that guesses ports, learn nothing and change nothing.
func (c *callback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet || r.URL.Path != "/" || !c.isOurs(r.Host):
		http.NotFound(w, r)
		return
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.state)) != 1, query.Get("code") == "" && query.Get("error") == "":
		page(w, http.StatusBadRequest, "This is not the answer to the sign-in that azstep is waiting for.")
		return
	}
	text := "This sign-in has been answered already. You can close this page."
	c.once.Do(func() {
		c.arrived <- query
		text = <-c.concluded
	})
	page(w, http.StatusOK, text)
}

// isOurs rejects host names that someone else has pointed at this machine.
func (c *callback) isOurs(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == strconv.Itoa(c.port) && (name == "localhost" || name == "127.0.0.1" || name == "::1")
}

// page writes one sentence. The address of the page contains the code, so it must
// not be cached or passed on.
func page(w http.ResponseWriter, status int, text string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Connection", "close")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>azstep login</title></head><body><h1>azstep login</h1><p>" +
		strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text) + "</p></body></html>\n"))
}
