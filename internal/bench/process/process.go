//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// program is a process to be.
type program struct {
	path string
	args []string
	env  []string // besides PATH, all of it
}

func (p program) environ() []string {
	return append([]string{"PATH=" + os.Getenv("PATH")}, p.env...)
}

// run runs it to its end; what it wrote is only looked at if it fails.
func (p program) run(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Env = p.environ()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(p.path), err, stderr.Bytes())
	}
	return nil
}

// inTurns runs programs one after the other, so many rounds, and returns the
// milliseconds that each took. The first round is not counted.
func inTurns(ctx context.Context, rounds int, programs ...program) ([][]float64, error) {
	took := make([][]float64, len(programs))
	for round := range rounds + 1 {
		for i, p := range programs {
			begin := time.Now()
			if err := p.run(ctx); err != nil {
				return nil, err
			}
			if round > 0 {
				took[i] = append(took[i], time.Since(begin).Seconds()*1000)
			}
		}
	}
	return took, nil
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
