package hosttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// TaskJob is a job of Azure Pipelines in which every step is a task. It does the
// agent's work between the steps (azure-pipelines-agent JobRunner.cs,
// StepsRunner.cs, TaskRunner.cs, Handler.cs).
type TaskJob struct {
	Dir       string            // Agent.TempDirectory
	Env       map[string]string // environment of the agent's process
	Variables []Variable        // the job's variables, and those that its steps add
	Endpoints []Endpoint
	Handler   string // Node24 or Node20_1
	// Start runs the script with that environment, like Node does.
	Start func(script string, env map[string]string) (stdout, stderr []byte, exit int)

	Agent  Agent
	Failed bool // a step failed
	steps  []*TaskStep
}

// TaskStep is a step that uses a task.
type TaskStep struct {
	Task      *Task
	Name      string            // name of the step in its outputs
	Inputs    map[string]string // as written in the pipeline, with macros
	Env       map[string]string // `env:` of the step
	Condition func(failed bool) bool

	Exit    int
	Skipped bool
	Outputs map[string]string
	Log     []string // of the main step
	PostLog []string // of the post-job step
	Problem string   // what the agent could not process

	own map[string]string // task variables
}

// Run runs the main steps in order, each if its condition is true, and then in any
// case the post-job steps of all of them in reverse order (JobExtension.cs).
func (j *TaskJob) Run(steps ...*TaskStep) {
	for _, s := range steps {
		j.steps = append(j.steps, s)
		holds := s.Condition
		if holds == nil {
			holds = func(failed bool) bool { return !failed }
		}
		if s.Skipped = !holds(j.Failed); s.Skipped {
			continue
		}
		s.Log, s.Exit = j.play(s, s.Task.Execution)
		j.Failed = j.Failed || s.Exit != 0 || s.Problem != ""
	}
	for _, s := range slices.Backward(j.steps) {
		var exit int
		s.PostLog, exit = j.play(s, s.Task.PostJob)
		j.Failed = j.Failed || exit != 0 || s.Problem != ""
	}
	j.steps = nil
}

// Own returns a variable that the step set for itself.
func (s *TaskStep) Own(name string) string { return s.own[name] }

// play runs one of the two scripts of a step and processes its output.
func (j *TaskJob) play(s *TaskStep, handlers map[string]string) (log []string, exit int) {
	script, ok := handlers[j.Handler]
	if !ok {
		s.Problem = "the task has no handler " + j.Handler
		return nil, 1
	}
	a := &j.Agent
	before := len(a.Log)
	a.Variables, a.TaskVariables, a.Failed = nil, s.own, false
	a.Restricted, a.Settable = s.Task.Restricted, s.Task.Settable
	stdout, stderr, exit := j.Start(script, j.Environment(s))
	a.Feed(stdout)
	a.Feed(stderr)
	if a.Failed || len(a.Findings) > 0 {
		s.Problem = "the agent could not process a command"
	}
	s.own = a.TaskVariables
	j.keep(s, a.Variables)
	return a.Log[before:], exit
}

// keep adds the variables that a step set to the job's.
func (j *TaskJob) keep(s *TaskStep, set []Variable) {
	if s.Outputs == nil {
		s.Outputs = map[string]string{}
	}
	for _, v := range set {
		if v.Output {
			s.Outputs[v.Name] = v.Value
			v.Name = s.Name + "." + v.Name
		}
		j.Set(v)
	}
}

// Set sets a variable of the job, as every step can.
func (j *TaskJob) Set(v Variable) {
	if i := slices.IndexFunc(j.Variables, func(old Variable) bool { return sameName(old.Name, v.Name) }); i >= 0 {
		j.Variables[i] = v
		return
	}
	j.Variables = append(j.Variables, v)
}

// Environment returns the environment that the handler passes to the script. Later
// keys replace earlier ones, in the agent's order (NodeHandler.cs, RunAsync).
func (j *TaskJob) Environment(s *TaskStep) map[string]string {
	env := maps.Clone(j.Env)
	maps.Copy(env, map[string]string{"TF_BUILD": "True"})
	for name, value := range s.Env {
		env[name] = j.expand(value)
	}
	inputs := j.inputs(s)
	for name, value := range inputs {
		env["INPUT_"+variableName(name)] = value
	}
	for _, e := range j.endpoints(s, inputs) {
		maps.Copy(env, e.variables())
	}
	j.addVariables(env)
	env["SYSTEM_TASKINSTANCEID"] = "of " + s.Name // TaskRunner.cs, scope.Set
	for name, value := range s.own {
		env["VSTS_TASKVARIABLE_"+variableName(name)] = value
	}
	if len(j.Agent.PrependPath) > 0 {
		env["PATH"] = strings.Join(append(slices.Clone(j.Agent.PrependPath), env["PATH"]), string(os.PathListSeparator))
	}
	return env
}

// inputs returns the declared inputs with their defaults and the values in the
// pipeline, with macros expanded and surrounding white space removed
// (TaskRunner.cs).
func (j *TaskJob) inputs(s *TaskStep) map[string]string {
	all := map[string]string{}
	for _, in := range s.Task.Inputs {
		all[in.Name] = in.Default
	}
	maps.Copy(all, s.Inputs)
	for name, value := range all {
		all[name] = j.expand(strings.TrimSpace(value))
	}
	return all
}

// endpoints returns the job's own connection and those that inputs name.
func (j *TaskJob) endpoints(s *TaskStep, inputs map[string]string) (named []Endpoint) {
	for _, e := range j.Endpoints {
		wanted := e.ID == "SYSTEMVSSCONNECTION"
		for _, in := range s.Task.Inputs {
			wanted = wanted || strings.HasPrefix(in.Type, "connectedService:") && strings.EqualFold(inputs[in.Name], e.ID)
		}
		if wanted {
			named = append(named, e)
		}
	}
	return named
}

// addVariables is Handler.AddVariablesToEnvironment: the job's variables follow the
// inputs and replace those with the same key.
func (j *TaskJob) addVariables(env map[string]string) {
	public, secret := []string{}, []string{}
	for _, v := range append(j.agentVariables(), j.Variables...) {
		if v.Secret {
			env["SECRET_"+variableName(v.Name)] = v.Value
			secret = append(secret, v.Name)
			continue
		}
		env[variableName(v.Name)] = v.Value
		public = append(public, v.Name)
	}
	for key, names := range map[string][]string{"VSTS_PUBLIC_VARIABLES": public, "VSTS_SECRET_VARIABLES": secret} {
		text, _ := json.Marshal(names) // strings always encode
		env[key] = string(text)
	}
}

func (j *TaskJob) agentVariables() []Variable {
	return []Variable{
		{Name: "agent.tempDirectory", Value: j.Dir}, {Name: "agent.version", Value: "4.265.1"}, {Name: "system.hostType", Value: "build"},
		{Name: "agent.jobStatus", Value: map[bool]string{true: "Failed", false: "Succeeded"}[j.Failed]},
	}
}

var macro = regexp.MustCompile(`\$\(([^()\r\n]+)\)`)

// expand replaces the macros of known variables and keeps the others.
func (j *TaskJob) expand(text string) string {
	return macro.ReplaceAllStringFunc(text, func(whole string) string {
		name := whole[2 : len(whole)-1]
		for _, v := range append(j.agentVariables(), j.Variables...) {
			if sameName(v.Name, name) {
				return v.Value
			}
		}
		return whole
	})
}

// Unpack copies a task like the agent does, without the modes of its files
// (TaskManager.cs).
func Unpack(files map[string][]byte, dir string) error {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("unpack the task: %w", err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return fmt.Errorf("unpack the task: %w", err)
		}
	}
	return nil
}
