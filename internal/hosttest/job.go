package hosttest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Local is a shell of somebody's, without a host that reads the log.
const Local = "local"

// Job is one job of a host whose steps all run azstep: it makes the environment
// that each gets, and keeps what one leaves to those after it. It starts no
// process; whoever does gives the streams to [Step.End].
type Job struct {
	Host string // GitHub, AzurePipelines or Local
	// Action is `uses:` on GitHub, in place of `run:`.
	Action bool
	Dir    string            // an empty directory for the job's files
	Env    map[string]string // what every step gets besides

	runner Runner
	agent  Agent
	left   map[string]string // variables of the steps so far
	steps  int
}

// Step is one step of a [Job], before it runs.
type Step struct {
	// Env is its whole environment. Tests may change it before the start.
	Env map[string]string
	job *Job
	dir string
}

// Ended is what became of a step.
type Ended struct {
	Log     []string          // what the step added to the log, as a reader sees it
	Outputs map[string]string // by the names that the host knows them by
	State   map[string]string // GitHub: what the post step of an action gets
	Paths   []string          // GitHub: folders that the step put on the PATH of later steps
	Summary string            // the job summary, masked
	// Problems are what the host could not make sense of: it fails the step.
	Problems []string
}

// Step is a step with the inputs, by name in kebab case.
func (j *Job) Step(inputs map[string]string) (*Step, error) {
	j.steps++
	s := &Step{job: j, dir: filepath.Join(j.Dir, strconv.Itoa(j.steps)), Env: maps.Clone(j.Env)}
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	maps.Copy(s.Env, j.left)
	for name, value := range inputs {
		s.Env[j.input(name)] = value
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a step's directory: %w", err)
	}
	return s, j.prepare(s)
}

// Post is the step that cleans up after e with the same inputs: the post step
// of an action, and in any other place a step `azstep post`.
func (j *Job) Post(e Ended, inputs map[string]string) (*Step, error) {
	s, err := j.Step(inputs)
	for key, value := range e.State {
		s.Env["STATE_"+key] = value // actions/runner Handler.cs, in the case of the key
	}
	return s, err
}

// input is the variable of an input. An action's keep their hyphens
// (actions/runner Handler.cs); a script writes what a shell can set.
func (j *Job) input(name string) string {
	upper := strings.ToUpper(name)
	if j.Host == GitHub && j.Action {
		return "INPUT_" + upper
	}
	return "AZSTEP_" + strings.ReplaceAll(upper, "-", "_")
}

// prepare adds what the host itself sets.
func (j *Job) prepare(s *Step) error {
	switch j.Host {
	case GitHub:
		s.Env["GITHUB_ACTIONS"], s.Env["CI"], s.Env["RUNNER_TEMP"] = "true", "true", s.dir
		for _, key := range fileCommands() {
			s.Env[key] = filepath.Join(s.dir, strings.ToLower(key))
			if err := os.WriteFile(s.Env[key], nil, 0o600); err != nil {
				return fmt.Errorf("make a file for commands: %w", err)
			}
		}
	case AzurePipelines:
		s.Env["TF_BUILD"], s.Env["AGENT_TEMPDIRECTORY"] = "True", s.dir
	default:
		s.Env["AZSTEP_STATE_FILE"] = filepath.Join(j.Dir, "state")
	}
	return nil
}

// fileCommands are the files that the runner reads once a step has ended, also
// when it was killed (actions/runner ActionRunner.cs). It makes them anew for
// each step.
func fileCommands() []string {
	return []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"}
}

// Environ is Env as package os/exec wants it.
func (s *Step) Environ() []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		list = append(list, key+"="+s.Env[key])
	}
	return list
}

// Mask hides what the job's host hides by now.
func (j *Job) Mask(text string) string {
	switch j.Host {
	case GitHub:
		return j.runner.Mask(text)
	case AzurePipelines:
		return j.agent.Mask(text)
	}
	return text
}
