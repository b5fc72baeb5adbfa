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

// Span formats a duration in its largest whole unit: 45 s, 59 min, 5 h, 7 d.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", d/time.Hour)
	}
	return fmt.Sprintf("%d d", d/(24*time.Hour))
}
