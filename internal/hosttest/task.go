package hosttest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Task is a task of Azure Pipelines: a folder with a task.json
// (azure-pipelines-agent TaskManager.cs, DefinitionData).
type Task struct {
	Dir                string
	Name, InstanceName string
	Inputs             []TaskInput
	Execution, PostJob map[string]string // script of each handler
	Settable           []string          // patterns of the variables that it may set; nil means all
	Restricted         bool              // it may use only some commands
}

// TaskInput is an input that the task declares.
type TaskInput struct{ Name, Type, Default string }

// ReadTask reads the task in a folder.
func ReadTask(dir string) (*Task, error) {
	text, err := os.ReadFile(filepath.Join(dir, "task.json"))
	if err != nil {
		return nil, err
	}
	type handlers map[string]struct{ Target string }
	var m struct {
		Name, InstanceNameFormat    string
		Inputs                      []struct{ Name, Type, DefaultValue string }
		Execution, PostJobExecution handlers
		Restrictions                struct {
			Commands          struct{ Mode string }
			SettableVariables struct{ Allowed []string }
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("task.json: %w", err)
	}
	t := &Task{Dir: dir, Name: m.Name, InstanceName: m.InstanceNameFormat, Settable: m.Restrictions.SettableVariables.Allowed}
	t.Restricted = strings.EqualFold(m.Restrictions.Commands.Mode, "restricted")
	for _, in := range m.Inputs {
		t.Inputs = append(t.Inputs, TaskInput{in.Name, in.Type, in.DefaultValue})
	}
	targets := func(all handlers) map[string]string {
		found := map[string]string{}
		for name, h := range all {
			found[name] = filepath.Join(dir, h.Target)
		}
		return found
	}
	t.Execution, t.PostJob = targets(m.Execution), targets(m.PostJobExecution)
	return t, nil
}

// Endpoint is a service connection, or the job's own with the id
// SYSTEMVSSCONNECTION.
type Endpoint struct {
	ID, URL, Scheme  string
	Parameters, Data map[string]string
}

// variables returns the environment that Handler.AddEndpointsToEnvironment makes of
// it.
func (e Endpoint) variables() map[string]string {
	whole, _ := json.Marshal(map[string]any{"parameters": e.Parameters, "scheme": e.Scheme}) // strings always encode
	env := map[string]string{
		"ENDPOINT_URL_" + e.ID: e.URL, "ENDPOINT_AUTH_" + e.ID: string(whole), "ENDPOINT_AUTH_SCHEME_" + e.ID: e.Scheme,
	}
	for name, value := range e.Parameters {
		env["ENDPOINT_AUTH_PARAMETER_"+e.ID+"_"+variableName(name)] = value
	}
	for name, value := range e.Data {
		env["ENDPOINT_DATA_"+e.ID+"_"+variableName(name)] = value
	}
	return env
}
