package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"gopkg.in/yaml.v3"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// shown is a run and the summary that it wrote.
type shown struct {
	scenario
	markdown string
	log      []string
}

// readDefaults reads the inputs of an action.yml: the runner gives a step every
// one of them (actions/runner ActionRunner.cs).
func readDefaults(manifest string) (map[string]string, error) {
	text, err := os.ReadFile(manifest)
	if err != nil {
		return nil, err
	}
	var action struct {
		Inputs map[string]struct{ Default string }
	}
	if err := yaml.Unmarshal(text, &action); err != nil {
		return nil, err
	}
	defaults := map[string]string{}
	for name, input := range action.Inputs {
		defaults[name] = input.Default
	}
	return defaults, nil
}

// play runs every scenario on a host, each against services of its own.
func play(ctx context.Context, host, binary string, defaults map[string]string) (all []shown, err error) {
	var problems []error
	for _, s := range scenarios() {
		one, err := s.play(ctx, host, binary, defaults)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s on %s: %w", s.title, host, err))
		}
		all = append(all, one)
	}
	return all, errors.Join(problems...)
}

func (s scenario) play(ctx context.Context, host, binary string, defaults map[string]string) (shown, error) {
	services, err := emulator.New(emulator.Options{})
	if err != nil {
		return shown{scenario: s}, err
	}
	if err := services.Start("127.0.0.1:0"); err != nil {
		return shown{scenario: s}, err
	}
	defer func() { _ = services.Close() }()
	dir, err := os.MkdirTemp("", "azstep-summaries-*")
	if err != nil {
		return shown{scenario: s}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if s.prepare != nil {
		if err := s.prepare(services); err != nil {
			return shown{scenario: s}, err
		}
	}
	if err := s.files(dir); err != nil {
		return shown{scenario: s}, err
	}
	return s.step(ctx, host, binary, dir, defaults, services)
}

func (s scenario) files(dir string) error {
	return os.WriteFile(filepath.Join(dir, "permissions.yml"), []byte(s.policy), 0o600)
}

// step runs the program once. Nothing of this process's environment reaches it.
func (s scenario) step(ctx context.Context, host, binary, dir string, defaults map[string]string, services *emulator.Server) (shown, error) {
	job := &hosttest.Job{Host: host, Action: host == hosttest.GitHub, Dir: dir, Env: jobEnv(host, dir, services)}
	step, err := job.Step(s.inputs(host, defaults, services))
	if err != nil {
		return shown{scenario: s}, err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Args = []string{"azstep", s.with["operation"]}
	if host == hosttest.GitHub {
		cmd.Args = []string{"azstep-github"}
	}
	var stdout, stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = step.Environ(), dir, &stdout, &stderr
	err = cmd.Run()
	ended := step.End(stdout.Bytes(), stderr.Bytes())
	one := shown{s, ended.Summary, ended.Log}
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		return one, err
	case cmd.ProcessState.ExitCode() != s.exit:
		return one, fmt.Errorf("exit code %d: %q", cmd.ProcessState.ExitCode(), ended.Log)
	case ended.Summary == "":
		return one, errors.New("no summary")
	case len(ended.Problems) > 0:
		return one, fmt.Errorf("%q", ended.Problems)
	}
	return one, nil
}

func jobEnv(host, dir string, services *emulator.Server) map[string]string {
	if host == hosttest.GitHub {
		return map[string]string{"GITHUB_REPOSITORY": "fabrikam/shop", "GITHUB_RUN_ID": "42", "GITHUB_WORKSPACE": dir}
	}
	return map[string]string{
		"SYSTEM_COLLECTIONURI": services.URL() + "/fabrikam/", "SYSTEM_TEAMPROJECT": "Fabrikam", "BUILD_BUILDID": "7",
		"BUILD_REPOSITORY_NAME": "shop", "BUILD_SOURCESDIRECTORY": dir,
	}
}

// inputs adds the services and a credential to those of the scenario.
func (s scenario) inputs(host string, defaults map[string]string, services *emulator.Server) map[string]string {
	all := map[string]string{}
	if host == hosttest.GitHub {
		maps.Copy(all, defaults)
	}
	maps.Copy(all, map[string]string{
		"organization": services.URL() + "/fabrikam", "ca-file": string(services.CAPEM()),
		"credential": services.Token(emulator.TokenOptions{Scopes: "user_impersonation"}),
	})
	maps.Copy(all, s.with)
	if s.change != nil {
		s.change(services, all)
	}
	return all
}
