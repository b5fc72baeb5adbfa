//go:build unix

// Command process measures what the documentation claims about azstep: its size and
// start-up time, and the cost of each operation compared with other tools for the
// same task. It also runs the Go benchmarks, which measure parts (the redactor, long
// lists).
//
//	process [-binary bin/azstep] [-rounds 20] [-update] [-only step]
//
// It builds the programs to compare with, and the emulator, which runs in separate
// processes. Tools that are not installed are skipped with a message; az is included
// only with AZSTEP_BENCH_AZ=1. With -update it writes the measured parts of
// docs/benchmarks.md. It exits with 1 if a target is missed; on a busy machine,
// measure again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	binary := flag.String("binary", "bin/azstep", "the azstep to measure")
	rounds := flag.Int("rounds", 20, "runs of each program and operation in each setting; mint-pat has twice as many")
	update := flag.Bool("update", false, "write the measured parts of docs/benchmarks.md")
	only := flag.String("only", "", "measure this part alone: size, images, start, step, compare, pipes or go; nothing is updated then")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	b := &bench{azstep: *binary, rounds: max(1, *rounds), only: *only, withAz: os.Getenv("AZSTEP_BENCH_AZ") == "1"}
	err := b.measure(ctx, os.Stdout, *update)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure azstep:", err)
		os.Exit(1)
	}
}

func (b *bench) measure(ctx context.Context, out io.Writer, update bool) (err error) {
	b.page = &page{out: out, tables: map[string]string{}}
	b.judged = &judged{figures: map[string]float64{}}
	b.found, b.missing = map[string]string{}, map[string]string{}
	if err := b.place(ctx); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.dir) }()
	if err := b.build(ctx); err != nil {
		return err
	}
	b.look(ctx)
	b.page.add(machinePart, b.machine(ctx))
	steps := []struct {
		name string
		do   func(context.Context) error
	}{{"size", b.size}, {"images", b.images}, {"start", b.start}, {"step", b.step}, {"compare", b.compare}, {"pipes", b.pipes}, {"go", b.goBenchmarks}}
	for _, step := range steps {
		if b.only != "" && b.only != step.name {
			continue
		}
		if err := step.do(ctx); err != nil {
			return err
		}
	}
	b.page.add(targetPart, b.judged.table())
	if update && b.only == "" {
		err = b.page.update(filepath.Join(b.root, "docs", "benchmarks.md"))
	}
	return errors.Join(err, b.judged.verdict())
}

// place finds the module, and creates a directory for the built programs.
func (b *bench) place(ctx context.Context) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("find the module: %w", err)
	}
	b.root = strings.TrimSpace(string(root))
	if b.azstep, err = filepath.Abs(b.azstep); err != nil {
		return err
	}
	b.dir, err = os.MkdirTemp("", "azstep-bench-*")
	return err
}
