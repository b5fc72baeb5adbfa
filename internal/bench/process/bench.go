//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The targets.
const (
	maxSize  = 10.0 // MB of 1,000,000 bytes, stripped
	maxStart = 1.5  // times a Go program that links net/http
	maxRSS   = 16.0 // MiB
)

// bench has what is measured and what it is measured against.
type bench struct {
	azstep string
	dir    string // of what was built
}

func (b *bench) built(name string) string { return filepath.Join(b.dir, name) }

// build makes the other programs in the way that azstep itself is built.
func (b *bench) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.dir+string(filepath.Separator),
		"azstep/internal/bench/baseline", "azstep/internal/emulator/cmd/azstep-emulator")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build what azstep is compared with: %w\n%s", err, said)
	}
	return nil
}

func (b *bench) size(_ context.Context, t *table) error {
	info, err := os.Stat(b.azstep)
	if err != nil {
		return fmt.Errorf("find azstep (make build makes it): %w", err)
	}
	t.held("size of the binary", float64(info.Size())/1e6, maxSize, "MB")
	return nil
}

// start compares the starts of two programs in pairs, so that what else the
// machine does meets both.
func (b *bench) start(ctx context.Context, t *table) error {
	const pairs = 200
	took, err := inTurns(ctx, pairs, program{b.azstep, []string{"version"}, nil}, program{b.built("baseline"), nil, nil})
	if err != nil {
		return err
	}
	ratios := make([]float64, pairs)
	for i := range ratios {
		ratios[i] = took[0][i] / took[1][i]
	}
	t.figure("azstep version", median(took[0]))
	t.figure("a Go program that links net/http", median(took[1]))
	t.held(fmt.Sprintf("the first by the second, median of %d pairs", pairs), median(ratios), maxStart, "")
	return nil
}

// memory is the peak of a mint's resident set.
func (b *bench) memory(ctx context.Context, t *table) error {
	services, err := b.serve(ctx, 0)
	if err != nil {
		return err
	}
	defer services.stop()
	const runs = 15
	peaks := make([]float64, runs)
	for i := range peaks {
		if peaks[i], err = services.mint(b.azstep).peak(ctx); err != nil {
			return err
		}
	}
	t.held(fmt.Sprintf("peak memory of mint-pat, median of %d", runs), median(peaks), maxRSS, "MiB")
	return nil
}
