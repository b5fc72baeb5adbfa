package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestFaultsAndTheirEffect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault  emulator.Fault
		status int // 0: an error instead of a response
		minted int
	}{
		{emulator.Fault{Kind: emulator.Status, Status: 503, Header: map[string]string{"Retry-After": "1"}}, 503, 0},
		{emulator.Fault{Kind: emulator.Status, Status: 503, Effect: true}, 503, 1},
		{emulator.Fault{Kind: emulator.PATError, Body: "duplicateHash", Status: 409}, 409, 0},
		{emulator.Fault{Kind: emulator.Redirect}, 302, 0},
		{emulator.Fault{Kind: emulator.SignIn203}, 203, 0},
		{emulator.Fault{Kind: emulator.HTML200}, 200, 0},
		{emulator.Fault{Kind: emulator.Garbage}, 200, 0},
		{emulator.Fault{Kind: emulator.DropBefore}, 0, 0},
		{emulator.Fault{Kind: emulator.DropAfter}, 0, 1},
		{emulator.Fault{Kind: emulator.Cut}, 0, 1},
		{emulator.Fault{Kind: emulator.GiantHeaders}, 0, 1},
		{emulator.Fault{Kind: emulator.Slow, Delay: time.Millisecond, DelayAfter: time.Millisecond}, 200, 1},
		{emulator.Fault{Kind: emulator.Drip, Interval: time.Microsecond}, 200, 1},
	} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(string(tt.fault.Kind)+" "+protocol, func(t *testing.T) {
				t.Parallel()
				w := start(t, emulator.Options{})
				transport, _ := w.client.Transport.(*http.Transport)
				transport.ForceAttemptHTTP2 = protocol == "HTTP/2.0"
				fault := tt.fault
				fault.Method, fault.Path = "POST", "*/tokens/pats"
				if err := w.AddFault(fault); err != nil {
					t.Fatal(err)
				}
				got, err := w.try(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wish("f"))
				if (err != nil) != (tt.status == 0) || err == nil && got.status != tt.status {
					t.Errorf("status %d, error %v; want status %d", got.status, err, tt.status)
				}
				if n := len(w.PATs()); n != tt.minted {
					t.Errorf("%d PATs were minted, want %d", n, tt.minted)
				}
				for name, value := range tt.fault.Header {
					if got.header.Get(name) != value {
						t.Errorf("header %s is %q", name, got.header.Get(name))
					}
				}
				after := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wish("the fault is used up"))
				if after.status != http.StatusOK || after.protocol != protocol {
					t.Errorf("afterwards: status %d over %s", after.status, after.protocol)
				}
			})
		}
	}
}

func TestSkipAndTimes(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Kind: emulator.Status, Status: 500, Skip: 1, Times: 2}, emulator.Fault{Path: "/contoso/*", Kind: emulator.Status, Status: 418, Times: -1}); err != nil {
		t.Fatal(err)
	}
	auth := w.bearer(emulator.TokenOptions{})
	for i, want := range []int{200, 500, 500, 200, 200} {
		if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != want {
			t.Errorf("request %d: status %d, want %d", i, got.status, want)
		}
	}
	for range 3 {
		if got := w.send(http.MethodGet, "/contoso/_apis/tokens/pats", auth, nil); got.status != 418 {
			t.Errorf("status %d, want 418 for ever", got.status)
		}
	}
}

// Clients that share a server can have faults of their own, because each uses
// another host name.
func TestFaultsOfAHost(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	host := strings.TrimPrefix(w.URL(), "https://")
	for _, h := range []string{"other.example:8443", host} {
		w.send(http.MethodPost, "/_emulator/faults", "", map[string]any{"host": h, "kind": "status", "status": 418, "times": -1})
	}
	auth := w.bearer(emulator.TokenOptions{})
	for _, tt := range []struct {
		clear  string
		status int
	}{{"other.example:8443", 418}, {host, 200}} {
		w.send(http.MethodDelete, "/_emulator/faults?host="+tt.clear, "", nil)
		if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != tt.status {
			t.Errorf("without the faults of %s: status %d, want %d", tt.clear, got.status, tt.status)
		}
	}
	if err := w.AddFault(emulator.Fault{Host: "other.example:8443", Kind: emulator.Status, Status: 418}); err != nil {
		t.Fatal(err)
	}
	if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != 200 {
		t.Errorf("the fault of another host gave %d", got.status)
	}
}

func TestHangEndsWithTheClientAndWithTheServer(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Kind: emulator.Hang, Times: -1}); err != nil {
		t.Fatal(err)
	}
	if err := w.abandon(http.MethodGet, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want a hung request", err)
	}
	done := make(chan error)
	go func() {
		_, err := w.try(http.MethodGet, patsPath, "", nil)
		done <- err
	}()
	until(t, "no other request arrives", func() bool { return len(w.Requests()) == 2 })
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("a hung request was answered")
	}
}

// A client has to limit what it reads: these responses never end, or are very long.
func TestAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range []emulator.FaultKind{emulator.Endless, emulator.GzipBomb} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := start(t, emulator.Options{})
			if err := w.AddFault(emulator.Fault{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+patsPath, nil)
			res, err := w.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, io.LimitReader(res.Body, 32<<20))
			_ = res.Body.Close()
			if n != 32<<20 || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"/a/b", "/a/b", true}, {"/a/b", "/a/b/c", false}, {"/a/*", "/a/b/c", true}, {"*/pats", "/x/pats", true},
		{"*/pats", "/x/patsy", false}, {"/a*b*c", "/a1b2c", true}, {"/a*b*c", "/acb", false}, {"*", "", true}, {"ab*ba", "aba", false},
	} {
		if got := emulator.Glob(tt.pattern, tt.text); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.text, got)
		}
	}
}

// TestARequestIsHandledAfterItsClientHasGone checks what makes a killed client
// dangerous: its request still takes effect.
func TestARequestIsHandledAfterItsClientHasGone(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Method: "POST", Delay: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if err := w.abandon(http.MethodPost, wish("f")); err == nil {
		t.Error("the answer came before it could")
	}
	until(t, "the request was dropped with its connection", func() bool { return len(w.PATs()) > 0 })
}

// abandon sends a request and disconnects as soon as it has arrived.
func (w *world) abandon(method string, body any) error {
	w.t.Helper()
	ctx, leave := context.WithCancel(w.t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, method, w.URL()+patsPath, payload(w.t, body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", w.bearer(emulator.TokenOptions{}))
	before := len(w.Requests())
	gone := make(chan error, 1)
	go func() {
		res, err := w.client.Do(r)
		if err == nil {
			err = res.Body.Close()
		}
		gone <- err
	}()
	until(w.t, "the request has not arrived", func() bool { return len(w.Requests()) > before })
	leave()
	return <-gone
}

func until(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}
