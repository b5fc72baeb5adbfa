package main

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/task"

	"gopkg.in/yaml.v3"
)

func TestYAMLParses(t *testing.T) {
	t.Parallel()
	n := 0
	for _, b := range yamlBlocks(t) {
		d := yaml.NewDecoder(strings.NewReader(b.text))
		var v any
		if err := d.Decode(&v); err != nil {
			t.Errorf("%s: %v", b, err)
		} else if err := d.Decode(&v); !errors.Is(err, io.EOF) {
			t.Errorf("%s: a second document", b)
		}
		n++
	}
	if n < 40 {
		t.Errorf("only %d blocks were found", n)
	}
}

// walkYAML visits every mapping in a value.
func walkYAML(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, child := range v {
			walkYAML(child, visit)
		}
	case []any:
		for _, child := range v {
			walkYAML(child, visit)
		}
	}
}

// use is one use of azstep in an example.
type use struct {
	operation string
	inputs    map[string]any
	azure     bool
}

// uses returns the uses in a block: actions, the task and the template for Azure
// Pipelines.
func uses(b block) []use {
	var v any
	if yaml.Unmarshal([]byte(b.text), &v) != nil {
		return nil // TestYAMLParses reports it
	}
	var all []use
	walkYAML(v, func(m map[string]any) {
		if action, _ := m["uses"].(string); strings.HasPrefix(action, "azstep/azstep@") {
			with, _ := m["with"].(map[string]any)
			all = append(all, use{fmt.Sprint(with["operation"]), with, false})
		}
		if name, _ := m["task"].(string); name == "azstep@1" {
			inputs, _ := m["inputs"].(map[string]any)
			all = append(all, taskUse(inputs))
		}
		if isTemplate(m) {
			parameters, _ := m["parameters"].(map[string]any)
			inputs, _ := parameters["inputs"].(map[string]any)
			all = append(all, use{fmt.Sprint(parameters["operation"]), inputs, true})
		}
	})
	return all
}

// taskUse returns a use of the task, with its inputs under their kebab-case names. A
// name that is not an input stays unchanged, and thus belongs to no operation.
func taskUse(inputs map[string]any) use {
	u := use{fmt.Sprint(inputs["operation"]), map[string]any{}, true}
	for name, value := range inputs {
		for _, kebab := range steps.Inputs() {
			if input.CamelCase(kebab) == name && kebab != name {
				name = kebab
				break
			}
		}
		if !slices.ContainsFunc(task.Connections(), func(c string) bool { return input.CamelCase(c) == name }) {
			u.inputs[name] = value
		}
	}
	return u
}

// isTemplate reports whether a step is our template.
func isTemplate(step map[string]any) bool {
	file, _ := step["template"].(string)
	path, _, _ := strings.Cut(file, "@")
	return strings.TrimPrefix(path, "/") == "templates/azstep.yml"
}

func TestExamplesNameInputsThatExist(t *testing.T) {
	t.Parallel()
	counted := map[string]int{}
	for _, b := range yamlBlocks(t) {
		for _, u := range uses(b) {
			for _, problem := range u.problems() {
				t.Errorf("%s: %s", b, problem)
			}
			counted[u.operation]++
		}
	}
	for _, op := range steps.All() {
		if counted[op.Name] < 2 {
			t.Errorf("%s has %d examples: there should be one for each CI system", op.Name, counted[op.Name])
		}
	}
}

func (u use) problems() (all []string) {
	if u.operation == command.Setup && len(u.inputs) == 1 {
		return nil
	}
	op, ok := steps.Find(u.operation)
	if !ok {
		return []string{"there is no operation " + u.operation}
	}
	names := append(input.Names(op.New()), input.Names(new(steps.Common))...)
	for name := range u.inputs {
		if name != "operation" && !slices.Contains(names, name) {
			all = append(all, op.Name+" takes no "+name)
		}
	}
	for _, name := range input.Required(op.New()) {
		fromAgent := u.azure && (name == "organization" || name == "project")
		if _, ok := u.inputs[name]; !ok && !fromAgent {
			all = append(all, op.Name+" requires "+name)
		}
	}
	return all
}

var (
	gitHubOutput   = regexp.MustCompile(`steps\.[a-z]+\.outputs\.([a-z-]+)`)
	pipelineOutput = regexp.MustCompile(`\$\(([a-z]+)\.([A-Za-z]+)\)`)
)

func TestExamplesNameOutputsThatExist(t *testing.T) {
	t.Parallel()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	var kebab, camelled []string
	for _, o := range f.outputs {
		kebab, camelled = append(kebab, o.name), append(camelled, camel(o.name))
	}
	for _, b := range yamlBlocks(t) {
		for _, m := range gitHubOutput.FindAllStringSubmatch(b.text, -1) {
			if !slices.Contains(kebab, m[1]) {
				t.Errorf("%s: there is no output %s", b, m[1])
			}
		}
		for _, m := range pipelineOutput.FindAllStringSubmatch(b.text, -1) {
			if !slices.Contains(camelled, m[2]) {
				t.Errorf("%s: there is no output %s", b, m[2])
			}
		}
	}
}
