package hosttest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"gopkg.in/yaml.v3"
)

// Script is a JavaScript action, which the runner starts with its own Node (`using:
// node24`).
type Script struct {
	Main, Post string // paths of the scripts; Post can be empty

	defaults map[string]string // for every input that the action declares
}

// ReadScript reads the parts of the action.yml in dir that matter here
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

// Inputs returns the inputs of a step with this `with:`, for [Job.Step] and
// [Job.Post]. The runner sets every input that the action declares, to its default
// or "" (ActionRunner.cs).
func (s *Script) Inputs(with map[string]string) map[string]string {
	all := maps.Clone(s.defaults)
	maps.Copy(all, with)
	return all
}
