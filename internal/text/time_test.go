package text_test

import (
	"testing"
	"time"

	"github.com/azstep/azstep/internal/text"
)

func TestMoment(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 11, 29, 24, 0, time.UTC)
	for after, want := range map[time.Duration]string{
		time.Hour - time.Second:           "12:29 UTC (in 60 min)",
		15*time.Minute - time.Millisecond: "11:44 UTC (in 15 min)",
		119*time.Minute + 40*time.Second:  "13:29 UTC (in 1 h)",
		45 * time.Second:                  "11:30 UTC (in 45 s)",
		0:                                 "11:29 UTC (in 0 s)",
		5 * time.Hour:                     "16:29 UTC (in 5 h)",
		13 * time.Hour:                    "2026-11-30 00:29 UTC (in 13 h)",
		50 * time.Hour:                    "2026-12-01 13:29 UTC (in 2 d)",
		-5 * time.Minute:                  "11:24 UTC (5 min ago)",
	} {
		if got := text.Moment(now.Add(after).In(time.FixedZone("x", 3600)), now); got != want {
			t.Errorf("%s: %q, want %q", after, got, want)
		}
	}
}
