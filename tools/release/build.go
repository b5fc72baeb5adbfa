package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// build says what the programs of one version are built from.
type build struct {
	root    string // root of the module
	version string // such as v1.2.3; empty for a build from source
	commit  string // commit of the sources; empty if unknown
}

var versionShape = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func (b build) check() error {
	if b.version != "" && !versionShape.MatchString(b.version) {
		return fmt.Errorf("%q is not a version such as v1.2.3", b.version)
	}
	return nil
}

// buildFlags and ldflags return the flags of go build. .github/goreleaser.yaml and the
// Dockerfile use the same ones, so that they build the same bytes; a test compares the
// three.
func buildFlags() []string {
	return []string{"-trimpath", "-buildvcs=false", "-tags=nethttpomithttp2"}
}

func (b build) ldflags() string {
	return "-s -w -X main.version=" + b.version + " -X main.commit=" + b.commit
}

// program builds one program. The result does not depend on the folder, the date,
// the state of the repository or this machine's Go settings.
func (b build) program(ctx context.Context, p platform, to string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, buildFlags()...), "-ldflags="+b.ldflags(), "-o", to, ".")...)
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.goos, "GOARCH="+p.goarch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", p.file(), err, said)
	}
	return os.Chmod(to, 0o755) //nolint:gosec // it is a program
}

// programs builds the programs of the platforms into dir, with their checksums.
func (b build) programs(ctx context.Context, dir string, all []platform) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the same mode as git uses
		return err
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := b.program(ctx, p, filepath.Join(dir, p.file())); err != nil {
			return err
		}
	}
	return writeSums(dir, all)
}

// notices returns the licenses of everything in the programs.
func (b build) notices(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "run", "./tools/notices")
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("collect the licences: %w", err)
	}
	return text, nil
}

// commitOf returns the commit that is checked out at root, with -dirty if a tracked
// file has changed, or "" outside a repository.
func commitOf(ctx context.Context, root string) string {
	head, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
		return ""
	}
	if changed, err := git(ctx, root, "status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		return head + "-dirty"
	}
	return head
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = root
	said, err := cmd.Output()
	return strings.TrimSpace(string(said)), err
}
