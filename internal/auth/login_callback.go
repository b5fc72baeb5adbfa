package auth

import (
	"bufio"
	"context"
	"crypto/subtle"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// callback is the loopback address to which Entra sends the browser (RFC 8252, 7.3).
// It accepts one response: that for the sign-in with its state.
//
// It reads requests with net/http but does not use its server, which would make the
// program 0.3 MB larger for this one page.
type callback struct {
	port      int
	state     string
	arrived   chan url.Values // one slot
	once      sync.Once
	asked     atomic.Bool // the browser waits for the final text
	concluded chan string // that text

	ctx    context.Context // ends when the sign-in does
	cancel context.CancelFunc
	shown  chan struct{} // closed when the browser has the final text
}

// patience is how long a browser may take to send its request, or to read the page.
const patience = 10 * time.Second

// listen opens a free port on the loopback interface. Browsers may resolve localhost
// to either of its addresses, so it listens on both if they exist.
func listen(ctx context.Context, state string) (*callback, error) {
	c := &callback{state: state, arrived: make(chan url.Values, 1), concluded: make(chan string, 1), shown: make(chan struct{})}
	c.ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx))
	var config net.ListenConfig
	first, err := config.Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		c.cancel()
		return nil, fault.New(fault.Network, "sign in: listen on the loopback interface: %w", err).With(useDeviceCode)
	}
	c.port = first.Addr().(*net.TCPAddr).Port
	go c.accept(first)
	if second, err := config.Listen(ctx, "tcp6", "[::1]:"+strconv.Itoa(c.port)); err == nil {
		go c.accept(second)
	}
	return c, nil
}

// address returns the redirect URI. Entra ignores the port if http://localhost is
// registered (learn.microsoft.com, "Redirect URI restrictions").
func (c *callback) address() string { return "http://localhost:" + strconv.Itoa(c.port) }

// conclude shows the result to the user, and stops listening once the browser has
// read it.
func (c *callback) conclude(text string) {
	defer c.cancel()
	c.concluded <- text
	if !c.asked.Load() {
		return
	}
	select {
	case <-c.shown:
	case <-time.After(time.Second): // a browser that does not read is abandoned
	}
}

// accept answers connections until the sign-in ends.
func (c *callback) accept(l net.Listener) {
	defer context.AfterFunc(c.ctx, func() { _ = l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go c.answer(conn)
	}
}

// answer reads one request and closes the connection.
func (c *callback) answer(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(c.ctx, func() { _ = conn.Close() })()
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	r, err := http.ReadRequest(bufio.NewReader(io.LimitReader(conn, 1<<16)))
	if err != nil {
		return
	}
	status, text, last := c.respond(r)
	_ = conn.SetWriteDeadline(time.Now().Add(patience))
	showPage(conn, status, text)
	if last {
		close(c.shown)
	}
}

// respond accepts the browser's response and returns what to show; last marks the
// result of the sign-in. Other requests, such as those of a page that guesses ports,
// learn nothing and change nothing.
func (c *callback) respond(r *http.Request) (status int, text string, last bool) {
	query := r.URL.Query()
	switch {
	case r.Method != http.MethodGet || r.URL.Path != "/" || !c.isOurs(r.Host):
		return http.StatusNotFound, "There is no such page.", false
	case subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.state)) != 1, query.Get("code") == "" && query.Get("error") == "":
		return http.StatusBadRequest, "This page does not belong to the sign-in that azstep is waiting for.", false
	}
	text = "This sign-in is already complete. You can close this page."
	c.once.Do(func() {
		c.asked.Store(true)
		c.arrived <- query
		select {
		case text = <-c.concluded:
		case <-c.ctx.Done():
		}
		last = true
	})
	return http.StatusOK, text, last
}

// isOurs rejects host names that someone else has pointed at this machine.
func (c *callback) isOurs(host string) bool {
	name, port, err := net.SplitHostPort(host)
	return err == nil && port == strconv.Itoa(c.port) && (name == "localhost" || name == "127.0.0.1" || name == "::1")
}

// showPage shows one sentence. The address of the page contains the code, so it must
// not be cached or passed on.
func showPage(to io.Writer, status int, text string) {
	body := "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>azstep login</title></head><body><h1>azstep login</h1><p>" +
		strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text) + "</p></body></html>\n"
	page := http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Close: true,
		Header: http.Header{
			"Content-Type":            {"text/html; charset=utf-8"},
			"Cache-Control":           {"no-store"},
			"Referrer-Policy":         {"no-referrer"},
			"Content-Security-Policy": {"default-src 'none'"},
			"X-Content-Type-Options":  {"nosniff"},
		},
		ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
	_ = page.Write(to) // the browser may be gone; the terminal says the same
}
