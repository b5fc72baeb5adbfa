package hosttest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// End lets the host process what the step wrote, even if the step did not complete.
func (s *Step) End(stdout, stderr []byte) Ended {
	switch s.job.Host {
	case GitHub:
		return s.endOnGitHub(stdout, stderr)
	case AzurePipelines:
		return s.endOnAzure(stdout, stderr)
	}
	return endOnLaptop(stdout, stderr)
}

func (s *Step) endOnGitHub(stdout, stderr []byte) Ended {
	r := &s.job.runner
	before := len(r.Log)
	r.Feed(stdout)
	r.Feed(stderr)
	e := Ended{Log: r.Log[before:]}
	if r.Failed || len(r.Findings) > 0 {
		e.Problems = append(e.Problems, "the runner could not process a command")
	}
	e.Outputs = s.pairs(&e, "GITHUB_OUTPUT")
	for key, value := range s.pairs(&e, "GITHUB_ENV") {
		s.job.leave(key, value)
	}
	if state := s.pairs(&e, "GITHUB_STATE"); s.job.Action {
		e.State = state
	}
	paths, err := os.ReadFile(s.Env["GITHUB_PATH"])
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
	}
	e.Paths = readLines(paths) // one path per line
	summary, err := os.ReadFile(s.Env["GITHUB_STEP_SUMMARY"])
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
	}
	e.Summary = string(r.Summary(summary))
	return e
}

// pairs parses one of the files. A later pair replaces an earlier one with the same
// name.
func (s *Step) pairs(e *Ended, key string) map[string]string {
	found := map[string]string{}
	file, err := os.ReadFile(s.Env[key])
	if err != nil {
		e.Problems = append(e.Problems, err.Error())
		return found
	}
	pairs, err := ParseFileCommands(file)
	if err != nil {
		e.Problems = append(e.Problems, key+": "+err.Error())
	}
	for _, p := range pairs {
		found[p.Key] = p.Value
	}
	return found
}

func (j *Job) leave(key, value string) {
	if j.left == nil {
		j.left = map[string]string{}
	}
	j.left[key] = value
}

func (s *Step) endOnAzure(stdout, stderr []byte) Ended {
	a := &s.job.agent
	before, summaries := len(a.Log), len(a.Summaries)
	a.Variables, a.TaskVariables = nil, nil
	if task := s.job.Task; task != nil {
		a.Restricted, a.Settable = task.Restricted, task.Settable
	}
	a.Feed(stdout)
	a.Feed(stderr)
	e := Ended{Log: a.Log[before:], Outputs: map[string]string{}, State: a.TaskVariables, Paths: a.PrependPath}
	if s.job.Task != nil {
		e.Use = s.use
	}
	if a.Failed || len(a.Findings) > 0 {
		e.Problems = append(e.Problems, "the agent could not process a command")
	}
	for _, v := range a.Variables {
		switch {
		case v.Output:
			e.Outputs[v.Name] = v.Value
		case !v.Secret: // secrets are not in the environment of later steps
			s.job.leave(variableName(v.Name), v.Value)
		}
	}
	for _, path := range a.Summaries[summaries:] {
		text, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			e.Problems = append(e.Problems, err.Error())
		}
		e.Summary += a.Mask(string(text))
	}
	return e
}

// variableName returns the name of a variable in the environment of a step
// (azure-pipelines-agent VarUtil.cs, ConvertToEnvVariableFormat).
func variableName(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

// endOnLaptop parses the JSON object.
func endOnLaptop(stdout, stderr []byte) Ended {
	e := Ended{Log: readLines(stderr), Outputs: map[string]string{}}
	if len(stdout) == 0 {
		return e
	}
	outputs, err := LaptopOutputs(stdout)
	if err != nil {
		e.Problems = append(e.Problems, "stdout: "+err.Error())
		return e
	}
	e.Outputs = outputs
	return e
}

// LaptopOutputs parses the JSON object of a laptop, whose values have types, and
// returns the values as strings, as on CI hosts.
func LaptopOutputs(stdout []byte) (map[string]string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(stdout, &values); err != nil {
		return nil, err
	}
	outputs := make(map[string]string, len(values))
	for name, value := range values {
		outputs[name] = asText(value)
	}
	return outputs, nil
}

func asText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
