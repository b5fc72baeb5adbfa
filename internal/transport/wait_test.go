package transport

import (
	"testing"
	"time"
)

func TestLongWaitsAreSpread(t *testing.T) {
	t.Parallel()
	if got := spread(9 * time.Second); got != 9*time.Second {
		t.Errorf("a short wait became %s", got)
	}
	seen := map[time.Duration]bool{}
	for range 50 {
		got := spread(time.Minute)
		if got < time.Minute || got >= 72*time.Second {
			t.Errorf("a minute became %s", got)
		}
		seen[got] = true
	}
	if len(seen) < 10 {
		t.Errorf("only %d different waits", len(seen))
	}
}
