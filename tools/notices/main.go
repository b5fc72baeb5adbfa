// Command notices prints the licenses of everything that is linked into azstep: Go's
// own and those of the modules, each with its notices. Anyone who distributes the
// binary must distribute them with it.
//
//	go run ./tools/notices > THIRD_PARTY_NOTICES
//
// The output is the same on every machine: it covers the modules for all systems
// that azstep is built for, sorted by name.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := write(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

// systems lists the platforms that releases are built for.
var systems = []string{"linux", "darwin", "windows"}

func write(ctx context.Context, w io.Writer) error {
	var modules []work
	for _, system := range systems {
		more, err := modulesOf(ctx, system)
		if err != nil {
			return err
		}
		modules = append(modules, more...)
	}
	slices.SortFunc(modules, func(a, b work) int { return strings.Compare(a.name, b.name) })
	for _, one := range append([]work{standardLibrary(modules)}, slices.Compact(modules)...) {
		if err := one.write(w); err != nil {
			return err
		}
	}
	return nil
}

// standardLibrary is a module with the same license text as Go, because not every
// installation of Go includes a copy of its license.
func standardLibrary(modules []work) work {
	i := slices.IndexFunc(modules, func(m work) bool { return strings.HasPrefix(m.name, "golang.org/x/sys ") })
	if i < 0 {
		return work{name: "The Go standard library"}
	}
	return work{"The Go standard library", modules[i].dir}
}

// work is a third-party work and the directory of its source.
type work struct{ name, dir string }

// modulesOf returns the modules that are linked into azstep on a system.
func modulesOf(ctx context.Context, system string) ([]work, error) {
	const format = "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}"
	lines, err := list(ctx, system, "list", "-deps", "-f", format, ".")
	if err != nil {
		return nil, err
	}
	var found []work
	for _, line := range lines {
		name, dir, ok := strings.Cut(line, "\t")
		if !ok || dir == "" {
			return nil, fmt.Errorf("the source of %s is not there: run go mod download", name)
		}
		found = append(found, work{name, dir})
	}
	return found, nil
}

// list runs the go command for a system and returns its output lines.
func list(ctx context.Context, system string, args ...string) ([]string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" }), nil
}

// write prints the license files of one work. Without any, it returns an error,
// because the work could not be distributed.
func (o work) write(w io.Writer) error {
	var texts [][]byte
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*", "NOTICE*"} {
		files, err := filepath.Glob(filepath.Join(o.dir, pattern))
		if err != nil {
			return err
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return fmt.Errorf("read a licence: %w", err)
			}
			texts = append(texts, bytes.TrimSpace(text))
		}
	}
	if len(texts) == 0 {
		return errors.New(o.name + " has no licence")
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n\n%s\n\n\n", o.name, strings.Repeat("=", len(o.name)), bytes.Join(texts, []byte("\n\n")))
	return err
}
