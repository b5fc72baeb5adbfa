package host

import (
	"io"
	"unicode/utf8"
)

// Progress rewrites the line that shows the progress of a long run, or removes it if
// text is "". It reports whether there is such a line: on a terminal that can move
// its cursor. The next line that is printed replaces it.
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

// rewrite replaces the current progress line, if any.
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

// erase removes the progress line (ECMA-48: CR, EL). The lock must be held.
func (s *stream) erase() {
	if s.drawn {
		s.drawn = false
		_, _ = io.WriteString(s.w, "\r\x1b[K")
	}
}
