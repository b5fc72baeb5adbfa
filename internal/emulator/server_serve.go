package emulator

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxBody limits the size of a request's body. The services' own limits are higher.
const maxBody = 1 << 20

const controlPrefix = "/_emulator/"

// connection identifies the connection of a request.
type connection struct {
	id  int
	raw net.Conn
}

type connectionKey struct{}

// admit numbers a connection. It is the server's ConnContext.
func (s *Server) admit(ctx context.Context, c net.Conn) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return context.WithValue(ctx, connectionKey{}, &connection{id: s.log.connected(), raw: c})
}

// ServeHTTP logs and handles a request, and plays its fault. The latency is the time
// from the request to its response; the request is handled halfway.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = present(r)
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if strings.HasPrefix(r.URL.Path, controlPrefix) {
		body, _ := io.ReadAll(r.Body) // a truncated body is not valid JSON
		s.handle(r, body).write(w)
		return
	}
	began := time.Now()
	fault, answered := s.arrived(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		answered(http.StatusRequestEntityTooLarge)
		http.Error(w, "request body: "+err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if !s.pause(s.options.Latency / 2) {
		return
	}
	due := began.Add(s.options.Latency)
	if fault != nil {
		if s.pauseUntil(due) {
			s.misbehave(*fault, w, r, body, answered)
		}
		return
	}
	answer := s.handle(r, body)
	if s.pauseUntil(due) {
		answered(answer.status)
		answer.write(w)
	}
}

// arrived logs a request and returns the fault that it meets, if any. Call the
// returned function with the status before sending the response, so that a client
// that has the response finds its status in the log.
func (s *Server) arrived(r *http.Request) (fault *Fault, answered func(status int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fault = s.st.takeFault(r)
	entry := Request{
		Time:       s.now(),
		Method:     r.Method,
		Path:       r.URL.EscapedPath(),
		Query:      r.URL.RawQuery,
		Connection: connectionOf(r).id,
		Credential: string(credentialKind(r)),
	}
	if fault != nil {
		entry.Fault = string(fault.Kind)
	}
	log := s.log // a reset starts another log
	seq := log.add(entry)
	return fault, func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		log.finish(seq, status)
	}
}

// handle finds the route and runs its handler with the mutex held.
func (s *Server) handle(r *http.Request, body []byte) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{
		state: s.st, server: s, request: r, query: r.URL.Query(),
		body: body, now: s.now(), id: newGUID(),
	}
	found, params, otherMethod := s.routes.find(r.Method, r.URL.EscapedPath())
	if found == nil || !c.product.has(found.location) {
		return c.noRoute(otherMethod)
	}
	c.route, c.params = found, params
	answer := found.area.enter(c)
	if answer == nil {
		done := found.handle(c)
		answer = &done
	}
	found.area.finish(c, answer)
	answer.date(c.now)
	return *answer
}

// date sets the header Date to the emulator's clock, unless the response has another
// date.
func (r reply) date(now time.Time) {
	if r.header.Get("Date") == "" {
		r.header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
}

func connectionOf(r *http.Request) *connection {
	if c, ok := r.Context().Value(connectionKey{}).(*connection); ok {
		return c
	}
	return &connection{}
}
