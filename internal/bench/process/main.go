//go:build unix

// Command process measures what the documentation claims of azstep as a process:
// its size, its memory, its start, and how long a mint takes beside the same
// request by a bare Go program and by curl. What is claimed of its parts (the
// redactor, long lists) is measured by the benchmarks of their packages.
//
//	process [-binary bin/azstep]
//
// It builds a program to compare with and the emulator, which runs in processes
// of its own. It exits 1 if something is over its target: on a machine that is
// busy, measure again.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	binary := flag.String("binary", "bin/azstep", "the azstep to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	var err error
	if flag.Arg(0) == peakWord && flag.NArg() > 1 {
		err = printPeak(ctx, flag.Arg(1), flag.Args()[2:])
	} else {
		err = run(ctx, *binary, os.Stdout)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "measure azstep:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string, out io.Writer) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "azstep-bench-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{azstep: binary, dir: dir}
	if err := b.build(ctx); err != nil {
		return err
	}
	t := newTable(out)
	for _, measure := range []func(context.Context, *table) error{b.size, b.start, b.memory, b.mint} {
		if err := measure(ctx, t); err != nil {
			return err
		}
	}
	return t.verdict()
}
