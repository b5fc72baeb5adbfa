package hosttest

import (
	"regexp"
	"slices"
	"strings"
)

// masker masks values like both hosts do: every occurrence of every value in every
// encoding. Overlapping and adjacent ones become one `***` (actions/runner
// SecretMasker.cs, ValueSecret.cs).
type masker struct {
	encoders []encoder
	patterns []*regexp.Regexp // their first group is masked
	shortest int              // shorter encoded values are ignored
	added    []string         // as given
	needles  []string
}

// encoder converts a value into a form that is also masked, or "". The host reports
// its error for the command.
type encoder func(string) (string, error)

// add registers a value once.
func (m *masker) add(value string) error {
	if value == "" || slices.Contains(m.added, value) {
		return nil
	}
	needles := []string{value}
	for _, encode := range m.encoders {
		form, err := encode(value)
		if err != nil {
			return err
		}
		needles = append(needles, form)
	}
	m.added = append(m.added, value)
	for _, n := range needles {
		if n != "" && length(n) >= m.shortest && !slices.Contains(m.needles, n) {
			m.needles = append(m.needles, n)
		}
	}
	return nil
}

// span is a range of bytes in a text.
type span struct{ start, end int }

func (m *masker) mask(s string) string {
	var b strings.Builder
	shown := 0
	for _, hit := range merge(m.find(s)) {
		b.WriteString(s[shown:hit.start])
		b.WriteString("***")
		shown = hit.end
	}
	b.WriteString(s[shown:])
	return b.String()
}

func (m *masker) find(s string) []span {
	var hits []span
	for _, n := range m.needles {
		for from := 0; ; {
			i := strings.Index(s[from:], n)
			if i < 0 {
				break
			}
			hits = append(hits, span{from + i, from + i + len(n)})
			from += i + 1
		}
	}
	for _, p := range m.patterns {
		for _, match := range p.FindAllStringSubmatchIndex(s, -1) {
			hits = append(hits, span{match[2], match[3]})
		}
	}
	return hits
}

// merge joins spans that overlap or touch.
func merge(hits []span) []span {
	slices.SortFunc(hits, func(a, b span) int { return a.start - b.start })
	var merged []span
	for _, h := range hits {
		if last := len(merged) - 1; last >= 0 && h.start <= merged[last].end {
			merged[last].end = max(merged[last].end, h.end)
			continue
		}
		merged = append(merged, h)
	}
	return merged
}
