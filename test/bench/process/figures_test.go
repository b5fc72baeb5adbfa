//go:build unix

package main

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		all  []float64
		part float64
		want float64
	}{
		{[]float64{3, 1, 2}, 0.5, 2}, {[]float64{4, 1, 3, 2}, 0.5, 2.5}, {[]float64{7}, 0.9, 7},
		{[]float64{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 0.1, 10}, {[]float64{0, 1}, 0.9, 0.9},
	} {
		if got := percentile(tt.all, tt.part); got != tt.want {
			t.Errorf("%v of %v: %v, want %v", tt.part, tt.all, got, tt.want)
		}
	}
	if got := percentile(nil, 0.5); !math.IsNaN(got) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestShort(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{0.59471: "0.595", 12.345: "12.3", 99.96: "100", 1234.5: "1234", 3: "3", math.NaN(): "–"} {
		if got := short(value); got != want {
			t.Errorf("%v: %q, want %q", value, got, want)
		}
	}
}

// TestRatio checks that only runs in the same round are compared.
func TestRatio(t *testing.T) {
	t.Parallel()
	run := func(wall float64) *taken { return &taken{wall: wall} }
	if got := ratio([]*taken{run(1), run(50), run(3)}, []*taken{run(2), nil, run(2)}); got != 1 {
		t.Errorf("%v", got)
	}
	if got := spread(values([]*taken{run(10), nil, run(20)}, wall)); got != "15 (11–19)" {
		t.Errorf("%q", got)
	}
}

func TestInTurns(t *testing.T) {
	t.Parallel()
	var order []float64
	next := func(name float64) func(context.Context) (taken, error) {
		return func(context.Context) (taken, error) {
			order = append(order, name)
			return taken{wall: name}, nil
		}
	}
	all, err := inTurns(t.Context(), 4, entrant{1, next(1)}, entrant{3, next(2)})
	if err != nil {
		t.Fatal(err)
	}
	for _, round := range [][]float64{order[:2], order[2:4], order[6:]} {
		slices.Sort(round) // the order within a round is random
	}
	if diff := cmp.Diff([]float64{1, 2, 1, 2, 1, 1, 1, 2}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if len(all) != 2 || len(all[0]) != 4 || all[1][0] == nil || all[1][1] != nil || all[1][2] != nil || all[1][3] == nil {
		t.Errorf("%v", all)
	}
	if _, err := inTurns(t.Context(), 1, entrant{1, func(context.Context) (taken, error) { return taken{}, context.Canceled }}); err == nil {
		t.Error("a failing run was measured")
	}
}
