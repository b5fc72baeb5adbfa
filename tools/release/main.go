// Command release builds and checks the contents of a release.
//
//	release programs [-version v1.2.3] [-only linux-x64,win32-x64] [-out bin]
//	release tree -version v1.2.3 -image NAME@sha256:DIGEST -out DIR [-bin bin]
//	release task [-bin bin]
//	release extension [-version v1.2.3] [-bin bin]
//	release check DIR
//	release compare [-bin bin] DIR
//	release rehearse [-version v0.0.0-rehearsal]
//
// programs builds the action's programs and their SHA256SUMS. For one commit,
// version and Go toolchain the bytes are the same in every folder and on every day.
// tree builds the tree of a release commit from them, check searches it for anything
// that should not run, and compare compares the programs in the archives below DIR
// with those in -bin. task copies the programs beside the scripts of the Azure
// Pipelines task. extension packs the task as an extension, and as a zip for
// organizations that do not allow the Marketplace. rehearse does everything that can
// be done without publishing anything.
//
// It is not linked into azstep.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// options holds the flags of all commands.
type options struct{ version, only, out, bin, image string }

func run(ctx context.Context, words []string) error {
	if len(words) == 0 {
		return errors.New("name a command: programs, tree, task, extension, check, compare or rehearse")
	}
	o, rest, err := parse(words[0], words[1:])
	if err != nil {
		return err
	}
	b := build{root: ".", version: o.version}
	if b.root, err = os.Getwd(); err != nil {
		return err
	}
	b.commit = commitOf(ctx, b.root)
	switch {
	case words[0] == "programs" && len(rest) == 0:
		all, err := choose(o.only)
		if err != nil {
			return err
		}
		return b.programs(ctx, o.out, all)
	case words[0] == "tree" && len(rest) == 0:
		return tree{build: b, bin: o.bin, image: o.image, to: o.out}.make(ctx)
	case words[0] == "task" && len(rest) == 0:
		return extension{build: b, bin: o.bin}.fill()
	case words[0] == "extension" && len(rest) == 0:
		notices, err := b.notices(ctx)
		if err != nil {
			return err
		}
		return extension{build: b, bin: o.bin}.make(notices)
	case words[0] == "check" && len(rest) == 1:
		return check(rest[0])
	case words[0] == "compare" && len(rest) == 1:
		return compare(o.bin, rest[0])
	case words[0] == "rehearse" && len(rest) == 0:
		return b.rehearse(ctx)
	}
	return fmt.Errorf("%q is not a command of release, see tools/release/main.go", words)
}

func parse(command string, words []string) (o options, rest []string, err error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	flags.StringVar(&o.version, "version", "", "version, such as v1.2.3; empty for a build from source")
	flags.StringVar(&o.only, "only", "", "platforms, such as linux-x64,win32-x64; all when empty")
	flags.StringVar(&o.out, "out", "bin", "folder to write to")
	flags.StringVar(&o.bin, "bin", "bin", "folder of the programs")
	flags.StringVar(&o.image, "image", "", "image of docker/action.yml, NAME@sha256:DIGEST")
	err = flags.Parse(words)
	return o, flags.Args(), err
}
