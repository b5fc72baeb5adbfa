//go:build unix

package main

import (
	"fmt"
	"math"
	"slices"
)

func wall(t taken) float64        { return t.wall }
func cpu(t taken) float64         { return t.cpu }
func memory(t taken) float64      { return t.memory }
func requests(t taken) float64    { return t.requests }
func connections(t taken) float64 { return t.connections }

// values returns one figure of every run that took place.
func values(runs []*taken, figure func(taken) float64) []float64 {
	var out []float64
	for _, run := range runs {
		if run != nil {
			out = append(out, figure(*run))
		}
	}
	return out
}

// ratio is the median of the ratios of two contestants in the rounds in which both
// ran.
func ratio(first, second []*taken) float64 {
	var out []float64
	for i := range first {
		if first[i] != nil && second[i] != nil {
			out = append(out, first[i].wall/second[i].wall)
		}
	}
	return median(out)
}

func median(all []float64) float64 { return percentile(all, 0.5) }

// percentile returns a percentile of sorted values, interpolated between two of them
// if necessary.
func percentile(all []float64, part float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	at := part * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}

// spread returns the median, and the 10th and 90th percentile.
func spread(all []float64) string {
	return fmt.Sprintf("%s (%s–%s)", short(median(all)), short(percentile(all, 0.1)), short(percentile(all, 0.9)))
}

// short formats a number with three digits, or all digits before the point.
func short(value float64) string {
	switch {
	case math.IsNaN(value):
		return "–"
	case math.Abs(value) >= 100 || value == math.Trunc(value):
		return fmt.Sprintf("%.0f", value)
	default:
		return fmt.Sprintf("%.3g", value)
	}
}
