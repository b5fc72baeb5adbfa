package transport

import (
	"net/http"
	"testing"
)

// TestManySharesAConnection is over services that speak both versions of HTTP.
func TestManySharesAConnection(t *testing.T) {
	t.Parallel()
	for many, want := range map[bool]string{true: "HTTP/2.0", false: "HTTP/1.1"} {
		s := newService(t, true, func(w http.ResponseWriter, r *http.Request) {
			if r.Proto != want {
				t.Errorf("many %v: %s", many, r.Proto)
			}
			success(w, r)
		})
		tr, err := New(Options{CAs: s.ca(), Many: many})
		if err != nil {
			t.Fatal(err)
		}
		defer tr.Close()
		for range 3 {
			if _, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: s.URL}, nil); err != nil {
				t.Error(err)
			}
		}
		if n := s.conns.Load(); n != 1 {
			t.Errorf("many %v: %d connections", many, n)
		}
	}
}
