package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/input"
)

// taskID distinguishes the task from all others. It must never change.
const taskID = "ed32dcd5-3448-4015-9a54-c576cc063cc2"

// manifest is task.json, with its keys in the usual order
// (microsoft/azure-pipelines-task-lib tasks.schema.json).
type manifest struct {
	Schema              string             `json:"$schema"`
	ID                  string             `json:"id"`
	Name                string             `json:"name"`
	FriendlyName        string             `json:"friendlyName"`
	Description         string             `json:"description"`
	HelpURL             string             `json:"helpUrl"`
	HelpMarkDown        string             `json:"helpMarkDown"`
	Category            string             `json:"category"`
	Visibility          []string           `json:"visibility"`
	RunsOn              []string           `json:"runsOn"`
	Author              string             `json:"author"`
	Version             version            `json:"version"`
	MinimumAgentVersion string             `json:"minimumAgentVersion"`
	InstanceNameFormat  string             `json:"instanceNameFormat"`
	Groups              []group            `json:"groups"`
	Inputs              []taskInput        `json:"inputs"`
	OutputVariables     []outputVariable   `json:"outputVariables"`
	Restrictions        restrictions       `json:"restrictions"`
	Execution           map[string]handler `json:"execution"`
	PostJobExecution    map[string]handler `json:"postjobexecution"`
}

// version is the version of a build from source; a release has its own.
type version struct{ Major, Minor, Patch int }

type group struct {
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	IsExpanded  bool   `json:"isExpanded"`
}

type taskInput struct {
	Name         string `json:"name"`
	Type         string `json:"type"`
	Label        string `json:"label"`
	DefaultValue string `json:"defaultValue,omitempty"`
	Required     bool   `json:"required,omitempty"`
	GroupName    string `json:"groupName,omitempty"`
	VisibleRule  string `json:"visibleRule,omitempty"`
	Options      values `json:"options,omitempty"`
	HelpMarkDown string `json:"helpMarkDown"`
}

// values holds the values of a list, in the order in which the editor shows them.
type values []string

func (v values) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, value := range v {
		if i > 0 {
			b.WriteByte(',')
		}
		quoted, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		b.Write(quoted)
		b.WriteByte(':')
		b.Write(quoted)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

type outputVariable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type restrictions struct {
	SettableVariables struct {
		Allowed []string `json:"allowed"`
	} `json:"settableVariables"`
}

type handler struct {
	Target string `json:"target"`
}

// taskFiles generates the files in task/azstep that are derived from others: its
// description, and the start script that it shares with the action.
func taskFiles(root string, f *facts) ([]made, error) {
	dir := filepath.Join(root, "task", "azstep")
	text, err := f.taskManifest()
	if err != nil {
		return nil, err
	}
	script, err := os.ReadFile(filepath.Join(root, "action", "start.js"))
	return []made{{filepath.Join(dir, "task.json"), text}, {filepath.Join(dir, "start.js"), script}}, err
}

func (f *facts) taskManifest() ([]byte, error) {
	m := manifest{
		Schema: "https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json",
		ID:     taskID, Name: "azstep", FriendlyName: "azstep: short-lived Azure credentials",
		Description: f.about + ".",
		HelpURL:     "https://github.com/azstep/azstep/blob/main/docs/recipes-azure-pipelines.md",
		HelpMarkDown: "[Recipes](https://github.com/azstep/azstep/blob/main/docs/recipes-azure-pipelines.md) · " +
			"[Errors](https://github.com/azstep/azstep/blob/main/docs/errors.md)",
		Category: "Utility", Visibility: []string{"Build", "Release"}, RunsOn: []string{"Agent", "MachineGroup"},
		Author: "the azstep authors", Version: version{Major: 1},
		// This is the first agent with the handler Node20_1.
		MinimumAgentVersion: "4.248.0",
		InstanceNameFormat:  "azstep $(operation)",
		Groups:              taskGroups(), Inputs: f.taskInputs(), OutputVariables: f.taskOutputs(),
		Execution:        map[string]handler{"Node20_1": {"main.js"}, "Node24": {"main.js"}},
		PostJobExecution: map[string]handler{"Node20_1": {"post.js"}, "Node24": {"post.js"}},
	}
	m.Restrictions.SettableVariables.Allowed = f.settable()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(m)
	return b.Bytes(), err
}

// settable lists the variables that the task may set: its outputs, PATH for setup,
// and for exportEnv every name except those that would influence later steps. The
// agent treats the last entry as a pattern of minimatch, which a ! inverts
// (azure-pipelines-agent TaskRestrictionExtension.cs).
func (f *facts) settable() []string {
	allowed := []string{"PATH"}
	for _, o := range f.outputs {
		allowed = append(allowed, input.CamelCase(o.name))
	}
	return append(allowed, "!{"+strings.Join(refusedVariables(), ",")+"}")
}

// refusedVariables lists the names that the input export-env rejects:
// internal/steps/common.go.
func refusedVariables() []string {
	return []string{
		"NODE_OPTIONS", "BASH_ENV", "*_PROXY", "SSL_CERT_*", "LD_*", "DYLD_*", "GITHUB_*", "RUNNER_*", "ACTIONS_*",
		"SYSTEM_*", "SYSTEM.*", "AGENT_*", "AGENT.*", "BUILD.*", "INPUT_*", "INPUT.*", "ENDPOINT_*", "SECRET_*", "VSTS_*",
	}
}

func (f *facts) taskOutputs() []outputVariable {
	var all []outputVariable
	for _, o := range f.outputs {
		all = append(all, outputVariable{input.CamelCase(o.name), f.inCamel(o.text)})
	}
	return all
}

// inCamel converts the inputs that a description names to the spelling in a
// pipeline.
func (f *facts) inCamel(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		name := strings.Trim(word, "`,.;:()")
		if strings.Contains(name, "-") && slices.ContainsFunc(f.inputs, func(d described) bool { return d.name == name }) {
			words[i] = strings.Replace(word, name, input.CamelCase(name), 1)
		}
	}
	return strings.Join(words, " ")
}

// operationNames returns the values of the input operation.
func (f *facts) operationNames() []string {
	var names []string
	for _, op := range f.operations {
		names = append(names, op.Name)
	}
	return append(names, command.Setup)
}
