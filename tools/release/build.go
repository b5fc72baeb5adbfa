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

// build is what the programs of one version are made from.
type build struct {
	root    string // of the module
	version string // such as v1.2.3; empty for a build from source
	commit  string // of the sources; empty where it cannot be told
}

var versionShape = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func (b build) check() error {
	if b.version != "" && !versionShape.MatchString(b.version) {
		return fmt.Errorf("%q is not a version such as v1.2.3", b.version)
	}
	return nil
}

// ldflags are those of .github/goreleaser.yaml and the Dockerfile, which make the same
// bytes. A test compares the three.
func (b build) ldflags() string {
	return "-s -w -X main.version=" + b.version + " -X main.commit=" + b.commit
}

// program builds one program. Neither the folder, nor the day, nor the state of the
// repository, nor this machine's Go settings are in it.
func (b build) program(ctx context.Context, p platform, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+b.ldflags(), "-o", to, ".")
	cmd.Dir = b.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.goos, "GOARCH="+p.goarch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", p.file(), err, said)
	}
	return os.Chmod(to, 0o755) //nolint:gosec // it is a program
}

// programs builds those of the platforms into dir, with their checksums.
func (b build) programs(ctx context.Context, dir string, all []platform) error {
	if err := b.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as git makes it
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

// notices are the licences of what is in the programs.
func (b build) notices(ctx context.Context) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "run", "./tools/notices")
	cmd.Dir, cmd.Stderr = b.root, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("collect the licences: %w", err)
	}
	return text, nil
}

// commitOf is the commit that is checked out at root, with -dirty where a file that
// git knows has changed since, or "" outside a repository.
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
