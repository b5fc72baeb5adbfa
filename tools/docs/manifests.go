package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// dockerManifest is the file of the action that runs in a container. Its inputs and
// outputs are those of action.yml, to the letter.
const dockerManifest = "docker/action.yml"

const dockerBegin = `# Made from action.yml by make docs. A release names the image by its digest.
name: azstep in a container
description: The action azstep/azstep in a container of its own, with the same inputs and outputs
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

// refreshManifest rewrites docker/action.yml if it is stale.
func refreshManifest(root string) error {
	text, err := manifestOf(root)
	if err != nil {
		return err
	}
	path := filepath.Join(root, dockerManifest)
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // as git makes it
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644) //nolint:gosec // it is published
}

// manifestOf makes docker/action.yml.
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
