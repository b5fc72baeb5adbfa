package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/fault"
)

// inOrder answers each request with the next step, and repeats the last one.
func inOrder(steps ...http.HandlerFunc) http.HandlerFunc {
	next := make(chan http.HandlerFunc, len(steps))
	for _, s := range steps {
		next <- s
	}
	last := steps[len(steps)-1]
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case h := <-next:
			h(w, r)
		default:
			last(w, r)
		}
	}
}

func with(h http.HandlerFunc, pairs ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Set(pairs[i], pairs[i+1])
		}
		h(w, r)
	}
}

// hangUp closes the connection without an answer.
func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// breakOff closes the connection in the middle of the answer.
func breakOff(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"name":"`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

var (
	success     = answer(200, jsonType, `{"name":"x"}`)
	unavailable = answer(503, "", "")
	throttled   = answer(429, "", "")
	epoch       = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // the start of synctest's clock
)

const target = "https://example.com/o/p?q=SECRET-QUERY"

func date(d time.Duration) string { return epoch.Add(d).Format(http.TimeFormat) }

var retries = map[string]struct {
	method   string
	once     bool
	steps    []http.HandlerFunc
	want     facts // zero means success
	requests int32
	wait     [2]time.Duration // minimum and maximum
}{
	"503 then 200":              {steps: []http.HandlerFunc{unavailable, success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"503 for ever":              {steps: []http.HandlerFunc{unavailable}, requests: 4, want: facts{fault.ServiceUnavailable, 503, true}, wait: [2]time.Duration{4480 * time.Millisecond, 7280 * time.Millisecond}},
	"each status":               {steps: []http.HandlerFunc{answer(408, "", ""), answer(500, "", ""), answer(504, "", ""), success}, requests: 4, wait: [2]time.Duration{4 * time.Second, 8 * time.Second}},
	"502 and 429":               {method: "PUT", steps: []http.HandlerFunc{answer(502, "", ""), throttled, success}, requests: 3, wait: [2]time.Duration{time.Second, 4 * time.Second}},
	"501 is final":              {steps: []http.HandlerFunc{answer(501, "", "")}, requests: 1, want: facts{fault.ServiceUnavailable, 501, true}},
	"404 is final":              {steps: []http.HandlerFunc{answer(404, "", "")}, requests: 1, want: facts{fault.ResourceNotFound, 404, false}},
	"no answer":                 {method: "DELETE", steps: []http.HandlerFunc{hangUp, success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"body broke off":            {method: "PATCH", steps: []http.HandlerFunc{breakOff(200), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"body cut":                  {steps: []http.HandlerFunc{answer(200, jsonType, `{"name":`), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"body of another shape":     {steps: []http.HandlerFunc{answer(200, jsonType, `[]`), success}, requests: 1, want: facts{fault.BadResponse, 200, true}},
	"once, 503":                 {method: "POST", once: true, steps: []http.HandlerFunc{unavailable, success}, requests: 1, want: facts{fault.ServiceUnavailable, 503, true}},
	"once, no answer":           {method: "POST", once: true, steps: []http.HandlerFunc{hangUp, success}, requests: 1, want: facts{fault.Network, 0, true}},
	"once, body broke off":      {method: "POST", once: true, steps: []http.HandlerFunc{breakOff(200), success}, requests: 1, want: facts{fault.Network, 200, true}},
	"once, 429":                 {method: "POST", once: true, steps: []http.HandlerFunc{with(throttled, "Retry-After", "2"), success}, requests: 2, wait: [2]time.Duration{2 * time.Second, 2 * time.Second}},
	"once, refusal broke off":   {method: "POST", once: true, steps: []http.HandlerFunc{breakOff(400)}, requests: 1, want: facts{fault.RequestRefused, 400, true}},
	"503, then refused":         {method: "PUT", steps: []http.HandlerFunc{unavailable, answer(403, "", "")}, requests: 2, want: facts{fault.PermissionDenied, 403, true}, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"seconds":                   {steps: []http.HandlerFunc{with(throttled, "Retry-After", "7"), success}, requests: 2, wait: [2]time.Duration{7 * time.Second, 7 * time.Second}},
	"fraction":                  {steps: []http.HandlerFunc{with(unavailable, "Retry-After", " 1.5 "), success}, requests: 2, wait: [2]time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}},
	"longer than any back-off":  {steps: []http.HandlerFunc{with(throttled, "Retry-After", "90"), success}, requests: 2, wait: [2]time.Duration{90 * time.Second, 108 * time.Second}},
	"milliseconds first":        {steps: []http.HandlerFunc{with(throttled, "Retry-After", "7", "x-ms-retry-after-ms", "300", "retry-after-ms", "200"), success}, requests: 2, wait: [2]time.Duration{200 * time.Millisecond, 200 * time.Millisecond}},
	"date":                      {steps: []http.HandlerFunc{with(unavailable, "Retry-After", date(9*time.Second)), success}, requests: 2, wait: [2]time.Duration{9 * time.Second, 9 * time.Second}},
	"date, by the server clock": {steps: []http.HandlerFunc{with(unavailable, "Date", date(time.Hour), "Retry-After", date(time.Hour+3*time.Second)), success}, requests: 2, wait: [2]time.Duration{3 * time.Second, 3 * time.Second}},
	"date in the past":          {steps: []http.HandlerFunc{with(unavailable, "Retry-After", date(-time.Hour)), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"negative":                  {steps: []http.HandlerFunc{with(throttled, "Retry-After", "-5"), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"absurd":                    {steps: []http.HandlerFunc{with(throttled, "Retry-After", "1e99"), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"not a number":              {steps: []http.HandlerFunc{with(throttled, "Retry-After", "NaN"), success}, requests: 2, wait: [2]time.Duration{640 * time.Millisecond, 1040 * time.Millisecond}},
	"reset of the rate limit":   {steps: []http.HandlerFunc{with(throttled, "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(epoch.Add(4*time.Second).Unix(), 10)), success}, requests: 2, wait: [2]time.Duration{4 * time.Second, 4 * time.Second}},
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for name, tt := range retries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var lines logbook
				s, tr := pipes(t, Options{Log: lines.log}, inOrder(tt.steps...))
				method := tt.method
				if method == "" {
					method = "GET"
				}
				var into struct{ Name string }
				_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: method, URL: at(target), Body: "b", Once: tt.once}, &into)
				var got facts
				if f := fault.From(err); f != nil {
					got = facts{f.Code, f.Status, f.MaybeDone}
				} else if into.Name != "x" {
					t.Errorf("decoded %+v", into)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("-want +got\n%s\n%v", diff, err)
				}
				if n := s.requests.Load(); n != tt.requests {
					t.Errorf("%d requests, want %d", n, tt.requests)
				}
				if waited := time.Since(epoch); waited < tt.wait[0] || waited > tt.wait[1] {
					t.Errorf("waited %s, want %s to %s", waited, tt.wait[0], tt.wait[1])
				}
				if n := strings.Count(lines.String(), "waiting "); n != int(tt.requests)-1 || strings.Contains(lines.String(), "SECRET") {
					t.Errorf("%d waits are logged:\n%s", n, &lines)
				}
			})
		})
	}
}

func TestLogSaysEachWaitAndWhy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var lines logbook
		_, tr := pipes(t, Options{Log: lines.log}, inOrder(with(throttled, "Retry-After", "3"), with(success, "Retry-After", "5")))
		c := NewCaller(tr, bearer)
		for range 2 {
			if _, err := c.Do(t.Context(), Call{Method: "GET", URL: at(target)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		want := "waiting 3s before attempt 2 of 4: GET example.com: 429 Too Many Requests, as the service asked\n" +
			"waiting 5s before the next request: example.com asked for fewer requests (Retry-After)"
		if diff := cmp.Diff(want, lines.String()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// A patient caller retries as often as the service asks for it, as long as there is
// time, and counts only other failures as attempts.
func TestPatience(t *testing.T) {
	t.Parallel()
	later := with(throttled, "Retry-After", "2")
	storm := slices.Repeat([]http.HandlerFunc{later}, 10)
	for name, tt := range map[string]struct {
		steps    []http.HandlerFunc
		limit    time.Duration
		code     fault.Code
		requests int32
	}{
		"storm":          {append(slices.Clone(storm), success), time.Hour, "", 11},
		"no time":        {append(slices.Clone(storm), success), 15 * time.Second, fault.RateLimited, 8},
		"no word when":   {[]http.HandlerFunc{throttled}, time.Hour, fault.RateLimited, 4},
		"other failures": {[]http.HandlerFunc{later, unavailable, later, unavailable, unavailable, later, unavailable}, time.Hour, fault.ServiceUnavailable, 7},
		// The deadline passes during the last request.
		"no time to answer":   {[]http.HandlerFunc{later, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}, 15 * time.Second, fault.RateLimited, 2},
		"slow from the start": {[]http.HandlerFunc{func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }}, 15 * time.Second, fault.Timeout, 1},
		"busy, with a word":   {[]http.HandlerFunc{with(unavailable, "Retry-After", "2")}, time.Hour, fault.ServiceUnavailable, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, tr := pipes(t, Options{}, inOrder(tt.steps...))
				ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
				defer cancel()
				_, err := NewCaller(tr, bearer).Patiently().Do(ctx, Call{Method: "GET", URL: at(target)}, nil)
				code := fault.Code("")
				if err != nil {
					code = fault.From(err).Code
				}
				if n := s.requests.Load(); code != tt.code || n != tt.requests {
					t.Errorf("%v after %d requests", err, n)
				}
			})
		})
	}
}

func TestSuccessThatAsksForLessLoadDelaysTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"nothing":         {nil, 0},
		"seconds":         {[]string{"Retry-After", "5"}, 5 * time.Second},
		"remaining":       {[]string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(epoch.Unix()+8, 10)}, 8 * time.Second},
		"some remaining":  {[]string{"X-RateLimit-Remaining", "9", "X-RateLimit-Reset", strconv.FormatInt(epoch.Unix()+8, 10)}, 0},
		"reset in millis": {[]string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", strconv.FormatInt(epoch.UnixMilli(), 10)}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, tr := pipes(t, Options{}, inOrder(with(success, tt.header...), success))
				for _, want := range []time.Duration{0, tt.want, tt.want} {
					// Another Caller shares the throttle. A third request does not
					// wait again.
					if _, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "POST", Once: true, URL: at(target)}, nil); err != nil {
						t.Fatal(err)
					}
					if got := time.Since(epoch); got != want {
						t.Errorf("after %s, want %s", got, want)
					}
				}
			})
		})
	}
}

func TestWaitThatDoesNotFitFailsAtOnce(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		steps []http.HandlerFunc
		want  facts
		text  string
		after time.Duration
	}{
		"429":         {[]http.HandlerFunc{with(throttled, "Retry-After", "120")}, facts{fault.RateLimited, 429, false}, "2m0s", 2 * time.Minute},
		"two weeks":   {[]http.HandlerFunc{with(throttled, "Retry-After", "1209600")}, facts{fault.RateLimited, 429, false}, "168h", 7 * 24 * time.Hour},
		"a late date": {[]http.HandlerFunc{with(throttled, "Retry-After", "Sat, 01 Jan 2050 00:00:00 GMT")}, facts{fault.RateLimited, 429, false}, "168h", 7 * 24 * time.Hour},
		"503":         {[]http.HandlerFunc{with(unavailable, "Retry-After", "120")}, facts{fault.ServiceUnavailable, 503, true}, "2m0s", 2 * time.Minute},
		"200 before":  {[]http.HandlerFunc{with(success, "Retry-After", "120")}, facts{fault.RateLimited, 0, false}, "2m0s", 2 * time.Minute},
		"own backoff": {[]http.HandlerFunc{with(success, "Retry-After", "59.5"), unavailable}, facts{fault.ServiceUnavailable, 503, true}, "not leave enough time", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, tr := pipes(t, Options{}, inOrder(tt.steps...))
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				c := NewCaller(tr, bearer)
				_, err := c.Do(ctx, Call{Method: "GET", URL: at(target)}, nil)
				if err == nil {
					_, err = c.Do(ctx, Call{Method: "GET", URL: at(target)}, nil)
				}
				f := fault.From(err)
				if f == nil || time.Since(epoch) >= time.Minute {
					t.Fatalf("after %s: %v", time.Since(epoch), err)
				}
				if diff := cmp.Diff(tt.want, facts{f.Code, f.Status, f.MaybeDone}); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				if !strings.Contains(f.Error(), tt.text) || !strings.Contains(f.Error(), "timeout") || f.RetryAfter != tt.after {
					t.Errorf("%v, retry after %s", f, f.RetryAfter)
				}
			})
		})
	}
}

func TestContextEndsACall(t *testing.T) {
	t.Parallel()
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	half := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, `{"name":`)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	sigterm := errors.New("SIGTERM")
	for name, h := range map[string]http.HandlerFunc{"no answer": silent, "half an answer": half, "while waiting": with(throttled, "Retry-After", "40")} {
		for _, deadline := range []bool{true, false} {
			t.Run(name+" "+strconv.FormatBool(deadline), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					_, tr := pipes(t, Options{}, h)
					ctx, cancel := context.WithCancelCause(t.Context())
					defer cancel(nil)
					want, cause := fault.Cancelled, sigterm
					if deadline {
						var stop context.CancelFunc
						ctx, stop = context.WithTimeout(ctx, 20*time.Second)
						defer stop()
						want, cause = fault.Timeout, context.DeadlineExceeded
					} else {
						time.AfterFunc(20*time.Second, func() { cancel(sigterm) })
					}
					if name == "while waiting" && deadline {
						want, cause = fault.RateLimited, nil // this is known immediately
					}
					_, err := NewCaller(tr, bearer).Do(ctx, Call{Method: "POST", Once: true, URL: at(target)}, new(struct{}))
					f := fault.From(err)
					if f.Code != want || cause != nil && !errors.Is(err, cause) || f.MaybeDone != (name != "while waiting") {
						t.Errorf("%s, maybe done %v: %v", f.Code, f.MaybeDone, err)
					}
				})
			})
		}
	}
}

func TestConnectionFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		err  error
		want fault.Code
	}{
		"refused": {&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}, fault.Network},
		"dns":     {&net.DNSError{Err: "no such host", Name: "example.com", IsNotFound: true}, fault.Network},
		"tls":     {errors.New("remote error: tls: handshake failure"), fault.TLS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, tr := pipes(t, Options{}, success)
				attempts := 0
				tr.dial = func(context.Context, string, string) (net.Conn, error) {
					attempts++
					return nil, tt.err
				}
				_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "POST", Once: true, URL: at(target)}, nil)
				want := 4
				if tt.want == fault.TLS {
					want = 1
				}
				if f := fault.From(err); f.Code != tt.want || f.MaybeDone || attempts != want || !strings.Contains(f.Error(), tt.err.Error()) {
					t.Errorf("%d attempts, maybe done %v, %s: %v", attempts, f.MaybeDone, f.Code, err)
				}
			})
		})
	}
}

func TestServerThatNeverAnswersTheHandshake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, tr := pipes(t, Options{MaxAttempts: 1}, success)
		tr.dial = func(context.Context, string, string) (net.Conn, error) {
			near, far := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, far); _ = far.Close() }()
			return near, nil
		}
		_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at(target)}, nil)
		if !fault.Is(err, fault.Network) || !strings.Contains(err.Error(), "handshake within 15s") {
			t.Error(err)
		}
	})
}

func TestBackoffGrowsToAMinute(t *testing.T) {
	t.Parallel()
	for attempt := 1; attempt < 70; attempt++ {
		plain := min(firstBackoff<<min(attempt-1, 20), maxBackoff*2)
		for range 20 {
			d := backoff(attempt)
			if d < min(plain*8/10, maxBackoff) || d > min(plain*13/10, maxBackoff) {
				t.Fatalf("attempt %d: %s", attempt, d)
			}
		}
	}
}

func FuzzAsked(f *testing.F) {
	f.Add("5", "0", "946684805")
	f.Add("Sat, 01 Jan 2000 00:00:09 GMT", "", "")
	f.Add("-0x1p-2", " 0", "-9223372036854775808")
	f.Fuzz(func(t *testing.T, after, remaining, reset string) {
		d, _ := asked(http.Header{"Retry-After": {after}, "X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}})
		if d < 0 || d > maxAsked {
			t.Errorf("%s", d)
		}
	})
}
