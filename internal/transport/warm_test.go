package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

func TestWarmOpensOneConnectionForEachHost(t *testing.T) {
	t.Parallel()
	one, two := newService(t, answer(200, jsonType, "{}")), newService(t, answer(200, jsonType, "{}"))
	tr := one.transport(t, Options{})
	tr.Warm(at(one.URL+"/a"), at(one.URL+"/b"), at(two.URL), at("http://127.0.0.1:1"), at("not a URL\x00"), at("https://"), nil)
	tr.Warm(at(one.URL))
	waitFor(t, func() bool { return one.conns.Load() == 1 && two.conns.Load() == 1 })
	c := NewCaller(tr, bearer)
	for range 3 {
		for _, s := range []*service{one, two} {
			if _, err := c.Do(t.Context(), Call{Method: "GET", URL: at(s.URL)}, new(struct{})); err != nil {
				t.Fatal(err)
			}
		}
	}
	tr.Warm(at(one.URL))
	if n, m := one.conns.Load(), two.conns.Load(); n != 1 || m != 1 {
		t.Errorf("%d and %d connections", n, m)
	}
}

// waitFor polls, because a server learns of a connection later than its client.
func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for range 300_000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the condition was not met")
}

func TestCloseEndsUnusedConnections(t *testing.T) {
	t.Parallel()
	s := newService(t, answer(200, jsonType, "{}"))
	tr := s.transport(t, Options{})
	tr.Warm(at(s.URL))
	tr.Close()
	tr.Warm(at(s.URL)) // does nothing after Close
	hung, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closeBody(hung)
	other := s.transport(t, Options{})
	other.Warm(at("https://" + hung.Addr().String()))
	other.Close() // the handshake never ends; TestMain detects a goroutine that is left
}

func TestWarmConnectionOnItsWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, tr := pipes(t, Options{}, success)
		var dials counter
		direct := tr.dial
		tr.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.add()
			if err := Pause(ctx, time.Second); err != nil {
				return nil, err
			}
			return direct(ctx, network, addr)
		}
		tr.Warm(at("https://EXAMPLE.com"))
		time.Sleep(100 * time.Millisecond)
		if _, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at(target)}, nil); err != nil {
			t.Error(err)
		}
		if dials.n != 1 || time.Since(epoch) != time.Second {
			t.Errorf("%d dials, %s", dials.n, time.Since(epoch))
		}
	})
}

func TestCloseEndsARequestThatWaitsForAWarmConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, tr := pipes(t, Options{}, success)
		tr.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return nil, Pause(ctx, time.Hour)
		}
		tr.Warm(at(target))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := NewCaller(tr, bearer).Do(ctx, Call{Method: "POST", Once: true, URL: at(target)}, nil)
		if f := fault.From(err); f.Code != fault.Timeout || f.MaybeDone {
			t.Errorf("maybe done %v: %v", f.MaybeDone, err)
		}
		tr.Close()
	})
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func TestOldOrFailedWarmConnectionIsNotUsed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, tr := pipes(t, Options{MaxAttempts: 1}, success)
		var dials counter
		dial := tr.dial
		tr.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dials.add()
			if addr == "broken.example.com:443" && dials.n == 1 {
				return nil, errors.New("no route")
			}
			return dial(ctx, network, addr)
		}
		tr.Warm(at("https://broken.example.com"))
		synctest.Wait()
		tr.Warm(at("https://example.com"))
		time.Sleep(earlyLifetime + time.Second)
		for _, url := range []string{"https://example.com", "https://broken.example.com"} {
			_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at(url)}, nil)
			if url == "https://example.com" && err != nil || fault.Is(err, fault.Network) {
				t.Errorf("%s: %v", url, err)
			}
		}
		if dials.n != 4 {
			t.Errorf("%d dials", dials.n)
		}
	})
}

func TestManyRequestsAtOnce(t *testing.T) {
	t.Parallel()
	s := newService(t, answer(200, jsonType, "{}"))
	tr := s.transport(t, Options{})
	tr.Warm(at(s.URL))
	c := NewCaller(tr, bearer)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if _, err := c.Do(t.Context(), Call{Method: "PUT", URL: at(s.URL), Body: "x"}, new(struct{})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := s.conns.Load(); n > 40 { // net/http dials whenever no connection is idle
		t.Errorf("%d connections for 8 requests at once", n)
	}
}

// BenchmarkFirstRequest measures a first request, with and without a connection
// opened ahead, over a network that takes 20 ms for each connection.
func BenchmarkFirstRequest(b *testing.B) {
	for _, warm := range []bool{false, true} {
		name := map[bool]string{false: "cold", true: "warm"}[warm]
		b.Run(name, func(b *testing.B) {
			s := newService(b, success)
			for b.Loop() {
				b.StopTimer()
				tr := New(Options{Trust: trusting(b, s.ca())})
				direct := tr.dial
				tr.dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					time.Sleep(20 * time.Millisecond)
					return direct(ctx, network, addr)
				}
				if warm {
					tr.Warm(at(s.URL))
					time.Sleep(60 * time.Millisecond)
				}
				b.StartTimer()
				resp, err := tr.Client().Get(s.URL)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				b.StopTimer()
				tr.Close()
				b.StartTimer()
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		New(Options{Env: map[string]string{"HTTPS_PROXY": "http://127.0.0.1:3128"}})
	}
}
