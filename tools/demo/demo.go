package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// demo holds the services, the program, and the page on which everything is shown.
type demo struct {
	*page
	binary   string
	services *emulator.Server
	dir      string            // directory of the jobs' files
	defaults map[string]string // defaults of the action's inputs
}

func begin(binary, manifest string, out page) (*demo, error) {
	defaults, err := readDefaults(manifest)
	if err != nil {
		return nil, err
	}
	services, err := emulator.New(emulator.Options{})
	if err != nil {
		return nil, err
	}
	if err := services.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "azstep-demo-*")
	if err != nil {
		return nil, errors.Join(err, services.Close())
	}
	return &demo{page: &out, binary: binary, services: services, dir: dir, defaults: defaults}, nil
}

func (d *demo) close() {
	_ = d.services.Close()
	_ = os.RemoveAll(d.dir)
}

// readDefaults reads the inputs of an action.yml. The runner passes all of them to a
// step; an input without a value in the workflow or in the file is empty
// (actions/runner ActionRunner.cs).
func readDefaults(manifest string) (map[string]string, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, fmt.Errorf("read the action: %w", err)
	}
	var action struct {
		Inputs map[string]struct{ Default string }
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		return nil, fmt.Errorf("read the action: %w", err)
	}
	defaults := map[string]string{}
	for name, input := range action.Inputs {
		defaults[name] = input.Default
	}
	return defaults, nil
}

// inputs returns all inputs of an action's step that sets some of them.
func (d *demo) inputs(with map[string]string) map[string]string {
	all := maps.Clone(d.defaults)
	maps.Copy(all, with)
	return all
}

// play runs azstep as a step, started with these words, and lets the host read its
// output. azstep gets nothing from this process's environment.
func (d *demo) play(ctx context.Context, s *hosttest.Step, words ...string) (hosttest.Ended, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, d.binary)
	cmd.Args, cmd.Env, cmd.Dir = words, s.Environ(), d.dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	ended := s.End(stdout.Bytes(), stderr.Bytes())
	switch {
	case err != nil:
		err = fmt.Errorf("%s: %w:\n%s", strings.Join(words, " "), err, strings.Join(ended.Log, "\n"))
	case len(ended.Problems) > 0:
		err = fmt.Errorf("%s: %s", strings.Join(words, " "), strings.Join(ended.Problems, "; "))
	}
	return ended, err
}

// hidden checks that nothing that people or later jobs can see contains the token,
// in any encoding.
func hidden(e hosttest.Ended, token string) error {
	seen := append(slices.Clone(e.Log), e.Summary)
	for _, value := range e.State {
		seen = append(seen, value)
	}
	if forms := hosttest.Leaks([]byte(strings.Join(seen, "\n")), token); len(forms) > 0 {
		return fmt.Errorf("the PAT shows: %s", strings.Join(forms, ", "))
	}
	return nil
}
