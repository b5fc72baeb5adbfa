// Command demo shows what azstep does for a CI job, against services that it
// emulates on this machine. It mints a PAT with the built binary exactly as jobs of
// GitHub Actions and Azure Pipelines do, uses it, ends the job, and proves that the
// PAT no longer works.
//
//	demo [-binary bin/azstep] [-manifest action.yml]
//
// It exits with 1 if anything is different from what it expects. It needs only the
// binary: no network, no Docker, no account.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/term"
)

func main() {
	binary := flag.String("binary", "bin/azstep", "the azstep to show")
	manifest := flag.String("manifest", "action.yml", "its action.yml")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, *binary, *manifest, page{out: os.Stdout, colored: colored(os.Stdout)})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "\nNOT as it should be:", err)
		os.Exit(1)
	}
}

// colored reports whether to use colors: on a terminal, unless the user disabled
// them (no-color.org).
func colored(f *os.File) bool {
	return term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// run plays all jobs and stops at the first problem.
func run(ctx context.Context, binary, manifest string, out page) error {
	binary, err := filepath.Abs(binary)
	if err == nil {
		_, err = os.Stat(binary)
	}
	if err != nil {
		return fmt.Errorf("find azstep (make build makes it): %w", err)
	}
	d, err := begin(binary, manifest, out)
	if err != nil {
		return err
	}
	defer d.close()
	d.opening()
	for _, act := range []func(context.Context) error{d.onGitHub, d.onAzure} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return d.closing()
}
