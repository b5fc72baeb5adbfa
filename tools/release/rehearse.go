package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// rehearse builds a release without publishing it: the programs twice, in two
// folders, the tree with an image that does not exist, and a user's first steps with
// both.
func (b build) rehearse(ctx context.Context) error {
	if b.version == "" {
		b.version = "v0.0.0-rehearsal"
	}
	dir, err := os.MkdirTemp("", "azstep-release-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	bin, to := filepath.Join(b.root, "bin"), filepath.Join(dir, "tree")
	steps := []struct {
		what string
		do   func() error
	}{
		{"build the programs", func() error { return b.programs(ctx, bin, platforms()) }},
		{"build them again, in another folder", func() error { return b.again(ctx, bin, filepath.Join(dir, "a folder")) }},
		{"make the tree of the release commit, and check it", func() error {
			image := "ghcr.io/azstep/azstep@sha256:" + strings.Repeat("0", 64)
			return tree{build: b, bin: bin, image: image, to: to}.make(ctx)
		}},
		{"start its program", func() error { return b.smoke(ctx, to) }},
		{"start its action", func() error { return startAction(ctx, to) }},
		{"install it from its sources", func() error { return b.install(ctx, to, filepath.Join(dir, "installed")) }},
		{"pack the extension of Azure Pipelines", func() error {
			notices, err := b.notices(ctx)
			if err != nil {
				return err
			}
			return extension{build: b, bin: bin}.make(notices)
		}},
		{"make the archives, and compare their programs", func() error { return b.archives(ctx, bin) }},
	}
	for _, step := range steps {
		err := step.do()
		var left *leftOut
		switch {
		case errors.As(err, &left):
			fmt.Println("left out:", step.what+":", left)
		case err != nil:
			return fmt.Errorf("%s: %w", step.what, err)
		default:
			fmt.Println("ok:", step.what)
		}
	}
	return nil
}

// leftOut is the reason why a step cannot be performed on this machine.
type leftOut struct{ why string }

func (l *leftOut) Error() string { return l.why }

// again builds the programs from a clone and compares the checksums.
func (b build) again(ctx context.Context, bin, clone string) error {
	if strings.HasSuffix(b.commit, "-dirty") || b.commit == "" {
		return &leftOut{"there are changes that are not committed, which a clone does not have"}
	}
	if _, err := git(ctx, b.root, "clone", "--quiet", "--no-checkout", ".", clone); err != nil {
		return err
	}
	if _, err := git(ctx, clone, "checkout", "--quiet", "--detach", b.commit); err != nil {
		return err
	}
	other := build{root: clone, version: b.version, commit: commitOf(ctx, clone)}
	if err := other.programs(ctx, filepath.Join(clone, "bin"), platforms()); err != nil {
		return err
	}
	first, err := os.ReadFile(filepath.Join(bin, sumsFile))
	if err != nil {
		return err
	}
	second, err := os.ReadFile(filepath.Join(clone, "bin", sumsFile))
	if err == nil && string(first) != string(second) {
		err = fmt.Errorf("the checksums differ:\n%s%s", first, second)
	}
	return err
}

// smoke runs the program for this machine with the argument version.
func (b build) smoke(ctx context.Context, tree string) error {
	for _, p := range platforms() {
		if p.goos == runtime.GOOS && p.goarch == runtime.GOARCH {
			said, err := output(ctx, tree, filepath.Join(tree, "bin", p.file()), "version")
			if err == nil && !strings.HasPrefix(said, "azstep "+b.version+" (commit "+b.commit+", ") {
				err = fmt.Errorf("its version is %q", said)
			}
			return err
		}
	}
	return &leftOut{"no program for " + runtime.GOOS + "/" + runtime.GOARCH}
}

// startAction lets Node start the action without inputs, as a runner would.
func startAction(ctx context.Context, tree string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return &leftOut{"there is no node"}
	}
	said, err := output(ctx, tree, node, filepath.Join(tree, "action", "main.js"))
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(said, "::error title=invalid-input::operation") {
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

// install builds the tree as `go install` would, and checks that the program knows
// the commit of its sources.
func (b build) install(ctx context.Context, tree, to string) error {
	if said, err := output(ctx, tree, "go", "build", "-buildvcs=false", "-o", to+string(filepath.Separator), ".", "./cmd/azstep-emulator"); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	said, err := output(ctx, tree, filepath.Join(to, "azstep"), "version")
	if err == nil && !strings.Contains(said, "(commit "+b.commit+", ") {
		err = fmt.Errorf("its version is %q", said)
	}
	return err
}

// archives lets goreleaser build the archives of a snapshot.
func (b build) archives(ctx context.Context, bin string) error {
	goreleaser, err := exec.LookPath("goreleaser")
	if err != nil {
		return &leftOut{"there is no goreleaser"}
	}
	cmd := exec.CommandContext(ctx, goreleaser, "release", "--config", ".github/goreleaser.yaml", "--snapshot", "--clean", "--skip=sbom,sign")
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "AZSTEP_VERSION="+b.version, "AZSTEP_COMMIT="+b.commit)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	return compare(bin, filepath.Join(b.root, "dist"))
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GOWORK=off")
	said, err := cmd.CombinedOutput()
	return string(said), err
}
