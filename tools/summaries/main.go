// Command summaries shows the job summaries of all operations as people see them.
// It runs the built program as steps of both CI hosts, against emulated services,
// renders what it wrote, and writes one page per host.
//
//	summaries [-binary bin/azstep] [-manifest action.yml] [-out bin/summaries]
//
// It exits with 1 if a run ends differently than expected, or without a summary.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/azstep/azstep/internal/hosttest"
)

func main() {
	binary := flag.String("binary", "bin/azstep", "the azstep to run")
	manifest := flag.String("manifest", "action.yml", "its action.yml")
	out := flag.String("out", "bin/summaries", "the directory of the pages")
	flag.Parse()
	if err := run(context.Background(), *binary, *manifest, *out); err != nil {
		fmt.Fprintln(os.Stderr, "summaries:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary, manifest, out string) error {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	defaults, err := readDefaults(manifest)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var problems []error
	for _, host := range []string{hosttest.GitHub, hosttest.AzurePipelines} {
		played, err := play(ctx, host, binary, defaults)
		problems = append(problems, err)
		path := filepath.Join(out, host+".html")
		if err := os.WriteFile(path, page(host, played), 0o644); err != nil {
			return err
		}
		fmt.Println(path)
	}
	return errors.Join(problems...)
}
