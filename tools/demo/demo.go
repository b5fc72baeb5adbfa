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

// demo is the stage: the services, the program, and where it all is shown.
type demo struct {
	*page
	binary   string
	services *emulator.Server
	dir      string            // of the jobs' files
	defaults map[string]string // of the action's inputs
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

// readDefaults reads the inputs of an action.yml: the runner gives a step every
// one of them, empty where neither the workflow nor the file has a value
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

// inputs are those of an action's step that names some of them.
func (d *demo) inputs(with map[string]string) map[string]string {
	all := maps.Clone(d.defaults)
	maps.Copy(all, with)
	return all
}

// play runs azstep as a step, started as the words say, and has the host read
// what it wrote. Nothing of this process's environment reaches it.
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

// hidden checks that nothing which people or later jobs see holds the token, in
// any encoding.
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
