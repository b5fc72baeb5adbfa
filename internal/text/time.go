package text

import (
	"fmt"
	"time"
)

// Moment formats an instant in UTC with its distance from now: "12:29 UTC (in 59
// min)", "2026-12-01 12:29 UTC (in 2 d)". The zero time is unknown.
func Moment(t, now time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	t, now = t.UTC(), now.UTC()
	layout := "2006-01-02 15:04 UTC"
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		layout = "15:04 UTC"
	}
	if left := t.Sub(now); left >= 0 {
		return t.Format(layout) + " (in " + Span(left) + ")"
	}
	return t.Format(layout) + " (" + Span(now.Sub(t)) + " ago)"
}

// Instant formats a time in RFC 3339 like Moment, without its distance from now. Text
// that is not a time is returned unchanged.
func Instant(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339Nano, rfc3339)
	if err != nil {
		return rfc3339
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// Span formats a duration in its largest unit: 45 s, 59 min, 5 h, 7 d. Minutes are
// rounded, so that what was just made for 15 min does not end in 14.
func Span(d time.Duration) string {
	switch minutes := d.Round(time.Minute); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case minutes < 2*time.Hour:
		return fmt.Sprintf("%d min", minutes/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}
