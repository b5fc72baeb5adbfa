package mask

import (
	"slices"
	"strings"
)

// model is the simplest correct Writer: it keeps the whole stream and compares every
// needle at every position.
type model struct {
	needles []string
	text    string
	fate    []fate // for each byte of text
	open    int    // first position at which a needle may begin; everything before it is decided
}

type fate byte

const (
	pending fate = iota
	shown
	hidden
)

func (m *model) write(p string, last bool) {
	if p == "" && !last {
		return // nothing new is decided, even after an addition
	}
	m.text += p
	m.fate = append(m.fate, make([]fate, len(p))...)
	for m.open < len(m.text) && !m.step(last) {
		m.open++
	}
}

// step decides about the text at m.open, and reports whether to wait for more.
func (m *model) step(last bool) bool {
	rest := m.text[m.open:]
	wait := false
	for _, n := range m.needles {
		if strings.HasPrefix(rest, n) {
			m.cover(m.open, m.open+len(n), hidden)
		}
		wait = wait || !last && len(n) > len(rest) && strings.HasPrefix(n, rest)
	}
	if !wait {
		m.cover(m.open, m.open+1, shown)
	}
	return wait
}

func (m *model) cover(from, to int, f fate) {
	for i := from; i < to; i++ {
		if m.fate[i] == pending {
			m.fate[i] = f
		}
	}
}

func (m *model) relent() {
	if len(m.text)-m.open <= 3 {
		m.cover(m.open, len(m.text), shown)
	}
}

// String returns the output so far.
func (m *model) String() string {
	var b strings.Builder
	for i, f := range m.fate {
		switch {
		case f == shown:
			b.WriteByte(m.text[i])
		case f == hidden && (i == 0 || m.fate[i-1] != hidden):
			b.WriteString("***")
		}
	}
	return b.String()
}

// bruteForce returns the result for a whole text, by definition.
func bruteForce(needles []string, text string) string {
	covered := make([]bool, len(text))
	for _, n := range needles {
		for i := range len(text) {
			if strings.HasPrefix(text[i:], n) {
				copy(covered[i:], slices.Repeat([]bool{true}, len(n)))
			}
		}
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !covered[i]:
			b.WriteByte(text[i])
		case i == 0 || !covered[i-1]:
			b.WriteString("***")
		}
	}
	return b.String()
}
