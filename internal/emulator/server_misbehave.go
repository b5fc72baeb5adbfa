package emulator

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// misbehave plays a fault and passes the status of the response, if any, to
// answered.
func (s *Server) misbehave(f Fault, w http.ResponseWriter, r *http.Request, body []byte, answered func(int)) {
	if !s.pause(f.Delay) {
		return
	}
	answer := newReply(http.StatusOK, jsonType, nil)
	if f.handles() {
		answer = s.handle(r, body)
	}
	if !s.pause(f.DelayAfter) {
		return
	}
	switch f.Kind {
	case Hang:
		<-r.Context().Done()
		return
	case DropBefore, DropAfter:
		drop(r)
		return
	}
	answer = f.disguise(answer)
	answer.date(s.now())
	answered(answer.status)
	switch f.Kind {
	case Cut:
		cut(w, r, answer)
	case Drip:
		drip(w, r, answer, cmp.Or(f.Interval, time.Second))
	case Endless:
		endless(w, answer)
	case GzipBomb:
		gzipBomb(w, answer)
	default:
		answer.write(w)
	}
}

// disguise returns the response of a fault that replaces the correct one.
func (f Fault) disguise(right reply) reply {
	out := right
	switch f.Kind {
	case Status:
		out = newReply(cmp.Or(f.Status, http.StatusInternalServerError), jsonType, []byte(f.Body))
	case PATError:
		out = jsonReply(cmp.Or(f.Status, http.StatusOK), patResult{Error: f.Body})
	case Redirect:
		out = htmlReply(http.StatusFound, "").with("Location", "https://elsewhere.invalid/")
	case SignIn203:
		out = htmlReply(http.StatusNonAuthoritativeInfo, signInPage)
	case HTML200:
		out = htmlReply(http.StatusOK, signInPage)
	case Garbage:
		out = newReply(http.StatusOK, jsonType, []byte("{\"patToken\":\x00\xff\xfe<<<"))
	case Endless:
		out = newReply(http.StatusOK, jsonType, []byte(`{"value":["`))
	case GzipBomb:
		out = newReply(http.StatusOK, jsonType, nil).with("Content-Encoding", "gzip")
	case GiantHeaders:
		// Go's own client reads 10 MiB of headers by default, others read less.
		for i := range 12 {
			out.header.Set("X-Padding-"+strconv.Itoa(i), strings.Repeat("x", 1<<20))
		}
	}
	for name, value := range f.Header {
		out.header.Set(name, value)
	}
	return out
}

// drop closes the connection of the request.
func drop(r *http.Request) {
	raw := connectionOf(r).raw
	if secured, ok := raw.(*tls.Conn); ok {
		raw = secured.NetConn() // so that TLS is not ended either
	}
	if raw != nil {
		_ = raw.Close()
	}
}

func cut(w http.ResponseWriter, r *http.Request, answer reply) {
	answer.header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	half := answer
	half.body = answer.body[:len(answer.body)/2]
	half.write(w)
	_ = http.NewResponseController(w).Flush()
	drop(r)
}

func drip(w http.ResponseWriter, r *http.Request, answer reply, every time.Duration) {
	body := answer.body
	answer.body = nil
	answer.header.Set("Content-Length", strconv.Itoa(len(body)))
	answer.write(w)
	for i := range body {
		_, err := w.Write(body[i : i+1])
		flush := http.NewResponseController(w).Flush()
		if err != nil || flush != nil || !wait(r.Context(), every) {
			break
		}
	}
}

// endless writes until the client disconnects.
func endless(w http.ResponseWriter, answer reply) {
	answer.write(w)
	chunk := bytes.Repeat([]byte("endless "), 8<<10)
	for {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// gzipBomb sends 1 GiB of white space before a small object, which is valid JSON
// except for its size.
func gzipBomb(w http.ResponseWriter, answer reply) {
	answer.write(w)
	z := gzip.NewWriter(w)
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range 1 << 10 {
		if _, err := z.Write(blank); err != nil {
			return
		}
	}
	_, _ = io.WriteString(z, "{}")
	_ = z.Close()
}

// pause delays a request. It continues if the client has disconnected, and returns
// false only if the server was closed before d had passed.
func (s *Server) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.closed:
		return false
	}
}

// timerError is how late a timer of Go can be on an idle Linux machine, where the
// runtime waits in whole milliseconds.
const timerError = 2 * time.Millisecond

// pauseUntil is a pause that ends exactly on time, so that benchmarks with a delay
// of 5 ms do not measure timers that take 5.7 ms.
func (s *Server) pauseUntil(due time.Time) bool {
	if !s.pause(time.Until(due) - timerError) {
		return false
	}
	sleepExactly(time.Until(due))
	return true
}

// wait returns false if ctx ended before d had passed.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
