//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// bench holds what is measured, and what it is compared with.
type bench struct {
	azstep string
	root   string // root of the module
	dir    string // directory of the built programs
	rounds int
	withAz bool
	only   string // the only part to measure; "" means all

	found   map[string]string // paths of programs by name
	missing map[string]string // contestants that are not available, and why
	page    *page
	judged  *judged
}

func (b *bench) built(name string) string { return filepath.Join(b.dir, name) }

// build builds the other programs in the same way as azstep.
func (b *bench) build(ctx context.Context) error {
	if err := b.goBuild(ctx, b.root, "./test/bench/baseline", "./test/bench/launch", "./cmd/azstep-emulator"); err != nil {
		return fmt.Errorf("build what azstep is compared with: %w", err)
	}
	return nil
}

func (b *bench) goBuild(ctx context.Context, dir string, packages ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", b.dir + string(filepath.Separator)}, packages...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

func (b *bench) size(context.Context) error {
	info, err := os.Stat(b.azstep)
	if err != nil {
		return fmt.Errorf("find azstep (make build makes it): %w", err)
	}
	b.judged.met(binarySize, float64(info.Size())/1e6)
	return nil
}

// start compares the starting times of two programs.
func (b *bench) start(ctx context.Context) error {
	took, err := inTurns(ctx, 10*b.rounds, b.entrant(program{b.azstep, []string{"version"}, nil}), b.entrant(program{b.built("baseline"), nil, nil}))
	if err != nil {
		return err
	}
	b.judged.met(startMs, median(values(took[0], wall)))
	b.judged.met(startPlain, median(values(took[1], wall)))
	b.judged.met(startRatio, ratio(took[0], took[1]))
	return nil
}
