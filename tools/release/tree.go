package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// tree builds the content of a release commit: the actions, the programs, the files
// that the Azure Pipelines template and `go install` use from the tag, and the
// documentation.
type tree struct {
	build
	bin   string // directory of the programs
	image string // NAME@sha256:DIGEST of the action's image
	to    string
}

// copied lists the files and folders that are copied from the sources unchanged.
func copied() []string {
	return []string{
		"LICENSE", "README.md", "CHANGELOG.md", "docs",
		"action.yml", "action", "setup", "templates",
		"go.mod", "go.sum",
	}
}

func (t tree) make(ctx context.Context) error {
	if entries, err := os.ReadDir(t.to); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty", t.to)
	}
	sources, err := t.sources(ctx)
	if err != nil {
		return err
	}
	for _, path := range append(copied(), sources...) {
		if err := t.copy(ctx, path); err != nil {
			return err
		}
	}
	for _, write := range []func() error{t.programs, t.docker, t.template, t.origin, func() error { return t.notices(ctx) }} {
		if err := write(); err != nil {
			return err
		}
	}
	return check(t.to)
}

// copy copies a file, or the tracked files of a folder.
func (t tree) copy(ctx context.Context, path string) error {
	listed, err := git(ctx, t.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", path)
	if err != nil || listed == "" {
		return fmt.Errorf("git knows no %s: %w", path, err)
	}
	for name := range strings.SplitSeq(strings.Trim(listed, "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(t.root, name))
		if err != nil {
			return err
		}
		if err := t.write(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (t tree) write(name string, text []byte, mode os.FileMode) error {
	to := filepath.Join(t.to, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { //nolint:gosec // the same mode as git uses
		return err
	}
	if err := os.WriteFile(to, text, mode); err != nil {
		return err
	}
	return os.Chmod(to, mode)
}

func (t tree) programs() error {
	names := []string{sumsFile}
	for _, p := range platforms() {
		names = append(names, p.file())
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(t.bin, name))
		if err != nil {
			return fmt.Errorf("%w (make action makes the programs)", err)
		}
		mode := os.FileMode(0o755)
		if name == sumsFile || strings.HasSuffix(name, ".exe") {
			mode = 0o644
		}
		if err := t.write(filepath.Join("bin", name), text, mode); err != nil {
			return err
		}
	}
	return nil
}

// docker pins the image in docker/action.yml.
func (t tree) docker() error {
	const path = "docker/action.yml"
	text, err := os.ReadFile(filepath.Join(t.root, path))
	if err != nil {
		return err
	}
	const image = "\n  image: ../Dockerfile\n"
	if strings.Count(string(text), image) != 1 {
		return fmt.Errorf("%s does not name its image as %q", path, strings.TrimSpace(image))
	}
	pinned := strings.Replace(string(text), image, "\n  image: docker://"+t.image+"\n", 1)
	return t.write(path, []byte(pinned), 0o644)
}

// template pins the image that the template for Azure Pipelines runs.
func (t tree) template() error {
	const path = "templates/azstep.yml"
	text, err := os.ReadFile(filepath.Join(t.root, path))
	if err != nil {
		return err
	}
	const image = "\n  default: ghcr.io/azstep/azstep:v1\n"
	if strings.Count(string(text), image) != 1 {
		return fmt.Errorf("%s does not name its image as %q", path, strings.TrimSpace(image))
	}
	pinned := strings.Replace(string(text), image, "\n  default: "+t.image+"\n", 1)
	return t.write(path, []byte(pinned), 0o644)
}

// origin stores the commit of the sources, for `azstep version` after `go install`:
// Go does not tell a program which commit a tag is.
func (t tree) origin() error {
	return t.write("internal/command/origin.txt", []byte(t.commit+"\n"), 0o644)
}

func (t tree) notices(ctx context.Context) error {
	text, err := t.build.notices(ctx)
	if err != nil {
		return err
	}
	return t.write("THIRD_PARTY_NOTICES", text, 0o644)
}

// sources returns the Go files that `go install` needs on any system, without tests:
// those of the program and of the emulator.
func (t tree) sources(ctx context.Context) ([]string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Standard,Module,GoFiles,IgnoredGoFiles,EmbedFiles", ".", "./cmd/azstep-emulator")
	cmd.Dir, cmd.Stderr = t.root, os.Stderr
	said, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list the sources: %w", err)
	}
	var files []string
	for decoder := json.NewDecoder(strings.NewReader(string(said))); decoder.More(); {
		var p struct {
			Dir                                 string
			Module                              *struct{ Main bool }
			GoFiles, IgnoredGoFiles, EmbedFiles []string
		}
		if err := decoder.Decode(&p); err != nil {
			return nil, err
		}
		if p.Module == nil || !p.Module.Main {
			continue
		}
		dir, err := filepath.Rel(t.root, p.Dir)
		if err != nil {
			return nil, err
		}
		for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.EmbedFiles) {
			if path := filepath.ToSlash(filepath.Join(dir, name)); !slices.Contains(copied(), path) && !strings.HasSuffix(name, "_test.go") {
				files = append(files, path)
			}
		}
	}
	return files, nil
}
