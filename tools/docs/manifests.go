package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// dockerManifest is the action that runs in a container. Its inputs and outputs are
// identical to those in action.yml.
const dockerManifest = "docker/action.yml"

const dockerBegin = `# Generated from action.yml by make docs. In a release, the image is pinned by digest.
name: azstep in a container
description: Runs azstep in a separate container, with the same inputs and outputs as azstep/azstep
author: the azstep authors
branding:
  icon: lock
  color: blue

`

const dockerEnd = `runs:
  using: docker
  image: ../Dockerfile
  entrypoint: /azstep-github
  post-entrypoint: /azstep-github-post
`

// checkSetup rejects inputs in setup/action.yml that differ from those in
// action.yml. That action runs no operation, so it may leave inputs out.
func checkSetup(root string) (problems error) {
	whole, err := inputsOf(filepath.Join(root, "action.yml"))
	if err != nil {
		return err
	}
	setup, err := inputsOf(filepath.Join(root, "setup", "action.yml"))
	if err != nil {
		return err
	}
	for name, about := range setup {
		if about != whole[name] {
			problems = errors.Join(problems, fmt.Errorf("setup/action.yml: the input %s is not that of action.yml", name))
		}
	}
	return problems
}

type inputAbout struct {
	Description, Default string
	Required             bool
}

func inputsOf(path string) (map[string]inputAbout, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m struct{ Inputs map[string]inputAbout }
	if err := yaml.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m.Inputs, nil
}

// manifestOf generates docker/action.yml.
func manifestOf(root string) (string, error) {
	whole, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		return "", err
	}
	_, rest, begun := strings.Cut("\n"+string(whole), "\ninputs:\n")
	middle, _, ended := strings.Cut(rest, "\nruns:\n")
	if !begun || !ended {
		return "", fmt.Errorf("action.yml has no inputs before its runs")
	}
	return dockerBegin + "inputs:\n" + middle + "\n" + dockerEnd, nil
}
