package host

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
)

// stream is stdout or stderr. It makes each line of ours one write, and
// remembers the first write that failed.
type stream struct {
	w     io.Writer
	other *stream // may be the same pipe: 2>&1

	// raw, if not nil, says that a terminal does not return to the left edge by itself.
	raw func() bool

	mu    sync.Mutex
	first error
	drawn bool // a line stands there that is rewritten

	open    atomic.Bool // the last text did not end its line
	foreign atomic.Bool // text that is not ours has passed
}

// Write writes whole lines of our own, on a fresh line.
func (s *stream) Write(lines []byte) (int, error) {
	if s.other != nil { // both may be the same terminal
		s.other.rewrite("")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	text := lines
	if s.midLine() {
		text = append([]byte{'\n'}, lines...)
	}
	if s.raw != nil && s.raw() {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	if _, err := s.put(text); err != nil {
		if s.first == nil {
			s.first = err
		}
		return 0, err
	}
	return len(lines), nil
}

// midLine reports, once, whether a line was left open.
func (s *stream) midLine() bool {
	mine := s.open.Swap(false)
	return s.other != nil && s.other.open.Swap(false) || mine
}

// put is one write. A short one leaves the line open, whatever the writer says.
func (s *stream) put(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if n < len(p) && err == nil {
		err = io.ErrShortWrite
	}
	if n > 0 {
		s.open.Store(n < len(p) || p[n-1] != '\n')
	}
	return n, err
}

// print writes one line.
func (s *stream) print(line string) error {
	_, err := s.Write([]byte(line + "\n"))
	return err
}

func (s *stream) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first
}

// passthrough lets text that is not ours onto a stream as it is. Its failures are
// its writer's, not the stream's.
type passthrough struct{ s *stream }

func (p passthrough) Write(text []byte) (int, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.foreign.Store(true)
	return p.s.put(text)
}
