package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/task"
)

func readTask(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "task", "azstep", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func taskOf(t *testing.T) (*facts, manifest, map[string]any) {
	t.Helper()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	var raw map[string]any
	text := readTask(t, "task.json")
	// Lists of values are objects in the file.
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	for _, in := range raw["inputs"].([]any) {
		delete(in.(map[string]any), "options")
	}
	text, _ = json.Marshal(raw)
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return f, m, raw
}

func TestTaskIsFresh(t *testing.T) {
	t.Parallel()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.taskManifest()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readTask(t, "task.json"), want) {
		t.Error("task/azstep/task.json is out of date: run make docs")
	}
	script, err := os.ReadFile(filepath.Join(root, "action", "start.js"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readTask(t, "start.js"), script) {
		t.Error("task/azstep/start.js differs from action/start.js: run make docs")
	}
}

// TestTaskAndAction compares the inputs and outputs of the task and the action, both
// ways.
func TestTaskAndAction(t *testing.T) {
	t.Parallel()
	f, m, _ := taskOf(t)
	var action, inTask []string
	for _, d := range f.inputs {
		action = append(action, input.CamelCase(d.name))
	}
	for _, name := range task.Connections() {
		action = append(action, input.CamelCase(name))
	}
	for _, in := range m.Inputs {
		inTask = append(inTask, in.Name)
	}
	compareNames(t, "inputs", action, inTask)
	var outputs, variables []string
	for _, d := range f.outputs {
		outputs = append(outputs, input.CamelCase(d.name))
	}
	for _, v := range m.OutputVariables {
		variables = append(variables, v.Name)
	}
	compareNames(t, "outputs", outputs, variables)
	for _, d := range f.inputs {
		i := slices.IndexFunc(m.Inputs, func(in taskInput) bool { return in.Name == input.CamelCase(d.name) })
		if i >= 0 && m.Inputs[i].DefaultValue != d.value {
			t.Errorf("%s: the default is %q in task.json, %q in action.yml", d.name, m.Inputs[i].DefaultValue, d.value)
		}
	}
}

func compareNames(t *testing.T, what string, action, inTask []string) {
	t.Helper()
	slices.Sort(action)
	slices.Sort(inTask)
	if !slices.Equal(action, inTask) {
		t.Errorf("%s of action.yml %q, of task.json %q", what, action, inTask)
	}
}

// TestTaskByTheSchema checks task.json against the published schema for tasks
// (microsoft/azure-pipelines-task-lib tasks.schema.json) and against what tfx
// checks.
func TestTaskByTheSchema(t *testing.T) {
	t.Parallel()
	_, m, raw := taskOf(t)
	guid := regexp.MustCompile(`^[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$`)
	name := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*$`)
	if !guid.MatchString(m.ID) || len(m.FriendlyName) > 40 || m.FriendlyName == "" || m.InstanceNameFormat == "" || m.Version.Major != 1 {
		t.Errorf("%+v", m)
	}
	known := []string{
		"$schema", "id", "name", "friendlyName", "description", "helpUrl", "helpMarkDown", "category", "visibility", "runsOn", "author",
		"version", "minimumAgentVersion", "instanceNameFormat", "groups", "inputs", "outputVariables", "restrictions", "execution", "postjobexecution",
	}
	for key := range raw {
		if !slices.Contains(known, key) {
			t.Errorf("task.json has %q, which is not in the schema", key)
		}
	}
	kind := regexp.MustCompile(`^(boolean|multiLine|pickList|string|connectedService:(AzureRM|WorkloadIdentityUser))$`)
	keys := map[string]bool{}
	for _, in := range m.Inputs {
		switch {
		case !name.MatchString(in.Name), in.Label == "", in.HelpMarkDown == "", !kind.MatchString(in.Type):
			t.Errorf("%+v", in)
		case keys[task.Variable(in.Name)]:
			t.Errorf("two inputs are %s to the agent", task.Variable(in.Name))
		case in.GroupName != "" && !slices.ContainsFunc(m.Groups, func(g group) bool { return g.Name == in.GroupName }):
			t.Errorf("%s: there is no group %s", in.Name, in.GroupName)
		}
		keys[task.Variable(in.Name)] = true
	}
	for _, handlers := range []map[string]handler{m.Execution, m.PostJobExecution} {
		for _, node := range []string{"Node20_1", "Node24"} {
			if len(handlers) != 2 || len(readTask(t, handlers[node].Target)) == 0 {
				t.Errorf("handlers %v", handlers)
			}
		}
	}
}

// TestTaskShowsInputsOfItsOperation compares the editor's rules with the code.
func TestTaskShowsInputsOfItsOperation(t *testing.T) {
	t.Parallel()
	f, m, _ := taskOf(t)
	names := f.operationNames()
	clause := regexp.MustCompile(`^operation = ([a-z-]+)$`)
	for _, in := range m.Inputs {
		for _, part := range strings.Split(in.VisibleRule, " || ") {
			if found := clause.FindStringSubmatch(part); in.VisibleRule != "" && (found == nil || !slices.Contains(names, found[1])) {
				t.Errorf("%s: the rule %q", in.Name, in.VisibleRule)
			}
		}
		if in.GroupName == "" && in.VisibleRule == "" && !strings.HasPrefix(in.Type, "connectedService:") && in.Name != "operation" {
			t.Errorf("%s belongs neither to a group nor to an operation", in.Name)
		}
	}
}

// TestTaskLists checks that the program accepts the values in the editor's lists.
func TestTaskLists(t *testing.T) {
	t.Parallel()
	f, _, _ := taskOf(t)
	word := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, d := range f.inputs {
		kind, list := f.control(d.name)
		if kind == "pickList" && (len(list) < 2 || slices.ContainsFunc(list, func(s string) bool { return !word.MatchString(s) })) {
			t.Errorf("%s: the list %q", d.name, list)
		}
	}
}

// TestOverviewHasEveryOperation checks the task's page in the Marketplace.
func TestOverviewHasEveryOperation(t *testing.T) {
	t.Parallel()
	f, _, _ := taskOf(t)
	page, err := os.ReadFile(filepath.Join(root, "task", "overview.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range f.operationNames() {
		if !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("task/overview.md does not name %s", name)
		}
	}
}
