package transport

import (
	"net/http"
	"testing"
)

// TestOneConnectionIsKept uses a service that supports both versions of HTTP.
func TestOneConnectionIsKept(t *testing.T) {
	t.Parallel()
	s := newService(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Proto != "HTTP/1.1" {
			t.Errorf("the request used %s", r.Proto)
		}
		success(w, r)
	})
	c := NewCaller(s.transport(t, Options{}), bearer)
	for range 3 {
		if _, err := c.Do(t.Context(), Call{Method: "GET", URL: at(s.URL)}, nil); err != nil {
			t.Error(err)
		}
	}
	if n := s.conns.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
