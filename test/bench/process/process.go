//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// program is a process to start.
type program struct {
	path string
	args []string
	env  []string // its whole environment except PATH
}

// taken is what one run used.
type taken struct {
	wall, cpu             float64 // ms: from before the start to the end, and processor time
	memory                float64 // MiB, of the largest process; NaN if unknown
	requests, connections float64
}

// run runs a program to its end with launch. Its output is only used if it fails.
func (b *bench) run(ctx context.Context, p program) (taken, error) {
	path, remove, err := b.fresh(p.path)
	if err != nil {
		return taken{}, fmt.Errorf("copy %s: %w", filepath.Base(p.path), err)
	}
	defer remove()
	cmd := exec.CommandContext(ctx, b.built("launch"), append([]string{path}, p.args...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, p.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	said, err := cmd.Output()
	if err != nil {
		return taken{}, fmt.Errorf("%s: %w\n%s", filepath.Base(p.path), err, stderr.Bytes())
	}
	var wall, cpu time.Duration
	var memory int64
	if _, err := fmt.Sscan(string(said), &wall, &cpu, &memory); err != nil {
		return taken{}, fmt.Errorf("read what %s took: %w", filepath.Base(p.path), err)
	}
	took := taken{wall: wall.Seconds() * 1000, cpu: cpu.Seconds() * 1000, memory: float64(memory) / (1 << 20)}
	if memory == 0 {
		took.memory = math.NaN()
	}
	return took, nil
}

// entrant takes part in a comparison.
type entrant struct {
	every int // number of rounds from one run to the next
	run   func(context.Context) (taken, error)
}

// inTurns runs entrants alternately for a number of rounds, so that other load on
// the machine affects all of them. Their order is random in each round, because a
// large program leaves the processor's caches full for the next one. It returns the
// results by entrant and round, nil for a round that an entrant skipped. The first
// round is not counted.
func inTurns(ctx context.Context, rounds int, entrants ...entrant) ([][]*taken, error) {
	all := make([][]*taken, len(entrants))
	for round := range rounds + 1 {
		for _, i := range rand.Perm(len(entrants)) {
			e := entrants[i]
			var here *taken
			if (round-1)%max(1, e.every) == 0 || round == 0 {
				took, err := e.run(ctx)
				if err != nil {
					return nil, err
				}
				here = &took
			}
			if round > 0 {
				all[i] = append(all[i], here)
			}
		}
	}
	return all, nil
}

func (b *bench) entrant(p program) entrant {
	return entrant{run: func(ctx context.Context) (taken, error) { return b.run(ctx, p) }}
}
