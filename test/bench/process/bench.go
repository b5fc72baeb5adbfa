//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// bench has what is measured, and what it is measured against.
type bench struct {
	azstep string
	root   string // of the module
	dir    string // of what was built
	rounds int
	withAz bool
	only   string // the one part to measure, if not all

	found   map[string]string // paths of programs
	missing map[string]string // contestants that are not here, and why
	page    *page
	judged  *judged
}

func (b *bench) built(name string) string { return filepath.Join(b.dir, name) }

// build makes the other programs in the way that azstep itself is built.
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

// start compares the starts of two programs.
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
