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

// Local is a person's shell, without a host that reads the log.
const Local = "local"

// Job is a job of a host in which every step runs azstep. It prepares the
// environment of each step and passes on what a step leaves for later ones. It does
// not start processes: the caller does, and passes their output to [Step.End].
type Job struct {
	Host string // GitHub, AzurePipelines or Local
	// Action is `uses:` on GitHub, instead of `run:`.
	Action bool
	// Script is the action whose start scripts run the steps. Without it, the host starts
	// the program itself, as in a Docker action.
	Script *Script
	// Task is the task of Azure Pipelines that the steps use, instead of `script:`.
	Task *Task
	Dir  string            // an empty directory for the job's files
	Env  map[string]string // more variables for every step; with Task, variables of the job

	runner Runner
	agent  Agent
	left   map[string]string // variables that earlier steps set
	steps  int
}

// Step is a step of a [Job] before it runs.
type Step struct {
	// Env is the complete environment. Tests may change it before the start.
	Env map[string]string
	job *Job
	dir string
	use string // identifies this use of the task
}

// Ended is the result of a step.
type Ended struct {
	Log     []string          // lines that the step added to the log, as readers see them
	Outputs map[string]string // by their names on the host
	State   map[string]string // state for the post step of an action, or of a task
	Paths   []string          // folders that the step added to the PATH of later steps
	Summary string            // the job summary, masked
	// Problems are what the host could not process. They fail the step.
	Problems []string
	Use      string // identifies the use of the task, for its post-job step
}

// Step returns a step with the inputs, whose names are in kebab case.
func (j *Job) Step(inputs map[string]string) (*Step, error) {
	return j.step(inputs, "use "+strconv.Itoa(j.steps+1), nil)
}

// Post returns the step that cleans up after e, with the same inputs: the post step
// of an action, the post-job step of a task, or elsewhere a step `azstep post`.
func (j *Job) Post(e Ended, inputs map[string]string) (*Step, error) {
	return j.step(inputs, e.Use, e.State)
}

func (j *Job) step(inputs map[string]string, use string, state map[string]string) (*Step, error) {
	j.steps++
	s := &Step{job: j, dir: filepath.Join(j.Dir, strconv.Itoa(j.steps)), use: use}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a step's directory: %w", err)
	}
	if j.Task != nil {
		j.useTask(s, inputs, state)
		return s, nil
	}
	s.Env = map[string]string{}
	maps.Copy(s.Env, j.Env)
	maps.Copy(s.Env, j.left)
	if j.Script != nil {
		inputs = j.Script.Inputs(inputs)
	}
	for name, value := range inputs {
		s.Env[j.input(name)] = value
	}
	for key, value := range state {
		s.Env["STATE_"+key] = value // actions/runner Handler.cs, with the key's own case
	}
	return s, j.prepare(s)
}

// Words returns the arguments with which the host's Node starts a step, or its post
// step. There are none where the host starts the program itself.
func (j *Job) Words(post bool) []string {
	script := ""
	switch {
	case j.Script != nil && post:
		script = j.Script.Post
	case j.Script != nil:
		script = j.Script.Main
	case j.Task != nil && post:
		script = j.Task.PostJob[newestHandler]
	case j.Task != nil:
		script = j.Task.Execution[newestHandler]
	default:
		return nil
	}
	return []string{script}
}

// input returns the variable of an input. Those of an action keep their hyphens
// (actions/runner Handler.cs); a script uses names that a shell can set.
func (j *Job) input(name string) string {
	upper := strings.ToUpper(name)
	if j.Host == GitHub && j.Action {
		return "INPUT_" + upper
	}
	return "AZSTEP_" + strings.ReplaceAll(upper, "-", "_")
}

// prepare adds the variables that the host itself sets.
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

// fileCommands are the files that the runner reads after a step, even if the step
// was killed (actions/runner ActionRunner.cs). It creates them again for each step.
func fileCommands() []string {
	return []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"}
}

// Environ returns Env in the form that os/exec expects.
func (s *Step) Environ() []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(s.Env)) {
		list = append(list, key+"="+s.Env[key])
	}
	return list
}

// Mask masks what the job's host masks at this time.
func (j *Job) Mask(text string) string {
	switch j.Host {
	case GitHub:
		return j.runner.Mask(text)
	case AzurePipelines:
		return j.agent.Mask(text)
	}
	return text
}
