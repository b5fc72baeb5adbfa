package host

import (
	"io"
	"unicode/utf8"
)

// Progress rewrites the one line that says how far a long run is, or with "" takes
// it away, and reports whether there is one: on a terminal that can move its cursor.
// Whatever is printed next takes its place.
func (h *Host) Progress(text string) bool {
	if h.opts.Kind != Local || !h.opts.StderrIsTerminal || h.opts.Exec || h.opts.Env["TERM"] == "dumb" {
		return false
	}
	line := []rune("azstep: " + h.clean(text))
	if room := h.width() - 1; len(line) > room {
		line = line[:room]
	}
	if text == "" {
		line = nil
	}
	h.err.rewrite(string(line))
	return true
}

// rewrite replaces the line that is rewritten, if any, by another one.
func (s *stream) rewrite(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if line == "" {
		return
	}
	if _, err := s.w.Write([]byte(line)); err == nil {
		s.drawn = utf8.RuneCountInString(line) > 0
	}
}

// erase takes the rewritten line away (ECMA-48: CR, EL). The lock is held.
func (s *stream) erase() {
	if s.drawn {
		s.drawn = false
		_, _ = io.WriteString(s.w, "\r\x1b[K")
	}
}
