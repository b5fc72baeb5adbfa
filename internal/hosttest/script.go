package hosttest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// Script is an action that the runner starts with its own Node (`using: node24`).
type Script struct {
	Main, Post string // paths of the scripts; Post is empty where there is none

	defaults map[string]string // of every input that the action declares
}

// ReadScript reads the action.yml of the action in dir, as far as it matters here
// (actions/runner ActionManifestManager.cs).
func ReadScript(dir string) (*Script, error) {
	text, err := os.ReadFile(filepath.Join(dir, "action.yml"))
	if err != nil {
		return nil, err
	}
	var manifest struct {
		Inputs map[string]struct{ Default string }
		Runs   struct{ Using, Main, Post string }
	}
	if err := yaml.Unmarshal(text, &manifest); err != nil {
		return nil, err
	}
	runs := manifest.Runs
	if !strings.HasPrefix(runs.Using, "node") || runs.Main == "" {
		return nil, fmt.Errorf("%s is not run by Node: %+v", dir, runs)
	}
	s := &Script{Main: filepath.Join(dir, runs.Main), defaults: map[string]string{}}
	if runs.Post != "" {
		s.Post = filepath.Join(dir, runs.Post)
	}
	for name, input := range manifest.Inputs {
		s.defaults[name] = input.Default
	}
	return s, nil
}

// Inputs are those of a step with this `with:`, for [Job.Step] and [Job.Post]: the
// runner sets every input that the action declares, to its default or to nothing
// (ActionRunner.cs).
func (s *Script) Inputs(with map[string]string) map[string]string {
	all := maps.Clone(s.defaults)
	maps.Copy(all, with)
	return all
}
