package input

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mistake is a decoder's error: how to write the value instead.
type mistake struct{ hint string }

func (m *mistake) Error() string { return m.hint }

// Secret is a value that package fmt never prints, whatever the verb.
type Secret string

// Reveal returns the value itself.
func (s Secret) Reveal() string { return string(s) }

// Format writes *** for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// MarshalText keeps the value out of JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Bool is true or false, in any case.
type Bool bool

// EnvDecode parses a Bool. Unlike strconv it does not accept 1, t or yes.
func (b *Bool) EnvDecode(value string) error {
	switch strings.ToLower(value) {
	case "true":
		*b = true
	case "false":
		*b = false
	default:
		return &mistake{"write true or false"}
	}
	return nil
}

// Duration is a Go duration (90s, 1h30m) or a number of days (7d), above zero.
type Duration time.Duration

const day = 24 * time.Hour

// EnvDecode parses a Duration. A number without a unit is rejected because it is
// ambiguous.
func (d *Duration) EnvDecode(value string) error {
	wrong := &mistake{"write a duration with its unit, such as 90s, 1h30m or 7d"}
	parsed, err := parseDuration(value)
	if err != nil || parsed <= 0 {
		return wrong
	}
	*d = Duration(parsed)
	return nil
}

// String writes a duration as its user would: 7d, 1h, 90s as 1m30s.
func (d Duration) String() string {
	if d != 0 && time.Duration(d)%day == 0 {
		return fmt.Sprintf("%dd", time.Duration(d)/day)
	}
	text := time.Duration(d).String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func parseDuration(value string) (time.Duration, error) {
	days, isDays := strings.CutSuffix(value, "d")
	if !isDays {
		return time.ParseDuration(value)
	}
	n, err := strconv.ParseFloat(days, 64)
	if err != nil || math.IsNaN(n) || math.Abs(n) > math.MaxInt64/float64(day) {
		return 0, strconv.ErrRange
	}
	return time.Duration(n * float64(day)), nil
}

// Instant is a time in RFC 3339.
type Instant struct{ time.Time }

// EnvDecode parses an Instant.
func (i *Instant) EnvDecode(value string) error {
	t, err := time.Parse(time.RFC3339, strings.ToUpper(value)) // RFC 3339 also allows t and z
	if err != nil {
		return &mistake{"write a time in RFC 3339 format, such as 2026-12-01T08:30:00Z"}
	}
	i.Time = t
	return nil
}

// Count is a whole number above zero.
type Count int

// EnvDecode parses a Count of at most 1,000,000, which is more than any input needs.
func (c *Count) EnvDecode(value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1_000_000 {
		return &mistake{"write a whole number above 0"}
	}
	*c = Count(n)
	return nil
}

// Words is a list separated by spaces, commas or line breaks.
type Words []string

// EnvDecode parses Words.
func (w *Words) EnvDecode(value string) error {
	*w = unique(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }))
	return nonEmpty(*w)
}

// List is a list separated by commas or line breaks; items may contain spaces.
type List []string

// EnvDecode parses a List.
func (l *List) EnvDecode(value string) error {
	*l = unique(split(value, ",\r\n"))
	return nonEmpty(*l)
}

// Lines is a list with one item per line; items may contain any other character.
type Lines []string

// EnvDecode parses Lines.
func (l *Lines) EnvDecode(value string) error {
	*l = unique(split(value, "\r\n"))
	return nonEmpty(*l)
}

func split(value, separators string) []string {
	var items []string
	for item := range strings.FieldsFuncSeq(value, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// unique removes duplicates and keeps the order.
func unique(items []string) []string {
	var kept []string
	for _, item := range items {
		if !slices.Contains(kept, item) {
			kept = append(kept, item)
		}
	}
	return kept
}

func nonEmpty(items []string) error {
	if len(items) == 0 {
		return &mistake{"give at least one item"}
	}
	return nil
}
