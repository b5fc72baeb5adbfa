package host

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
)

// stream is stdout or stderr. It writes each of azstep's lines in one write, and
// remembers the first write that failed.
type stream struct {
	w     io.Writer
	other *stream // it may be the same pipe: 2>&1

	// raw, if not nil, reports whether the terminal needs a carriage return at the
	// end of a line.
	raw func() bool

	mu    sync.Mutex
	first error
	drawn bool // the current line is a progress line

	open    atomic.Bool // the last text did not end with a line break
	foreign atomic.Bool // text from elsewhere was written
}

// Write writes whole lines of azstep's own, beginning on a new line.
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

// put makes one write. After a short one the line counts as open, whatever the
// writer reports.
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

// passthrough writes text from elsewhere to a stream unchanged. Its errors are
// returned to its writer and not kept in the stream.
type passthrough struct{ s *stream }

func (p passthrough) Write(text []byte) (int, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.foreign.Store(true)
	return p.s.put(text)
}
