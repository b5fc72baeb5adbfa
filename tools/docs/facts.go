package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"

	"gopkg.in/yaml.v3"
)

// facts is what the code and action.yml say.
type facts struct {
	inputs     []described
	outputs    []described
	operations []operation
	shared     []output // outputs of every operation
	scopes     []string
	usage      string // usage of the command line
	about      string // what azstep is, in one sentence
}

// described is an input or output in action.yml.
type described struct{ name, text, value string }

// operation is a row of the table of operations, with the operation's own inputs and
// outputs.
type operation struct {
	steps.Operation
	inputs, required []string
	outputs          []output
}

// gather reads the facts of the module at root.
func gather(root string) (*facts, error) {
	f := new(facts)
	if err := f.readManifest(filepath.Join(root, "action.yml")); err != nil {
		return nil, err
	}
	code, err := readSource(filepath.Join(root, "internal", "steps"), filepath.Join(root, "internal", "audit"))
	if err != nil {
		return nil, err
	}
	for _, op := range steps.All() {
		step := op.New()
		f.operations = append(f.operations, operation{
			Operation: op, inputs: input.Names(step), required: input.Required(step),
			outputs: code.outputs(reflect.TypeOf(step).Elem().Name()),
		})
	}
	f.scopes = code.words("knownScopes")
	wiring, err := readSource(filepath.Join(root, "internal", "command"))
	if err != nil {
		return nil, err
	}
	f.shared, f.usage = wiring.allOutputs(), wiring.constants["usage"]
	return f, f.check()
}

func (f *facts) readManifest(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var m struct {
		Description     string
		Inputs, Outputs yaml.Node // a node keeps the order
	}
	if err := yaml.Unmarshal(text, &m); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f.about = m.Description
	if f.inputs, err = list(m.Inputs); err == nil {
		f.outputs, err = list(m.Outputs)
	}
	return err
}

func list(n yaml.Node) ([]described, error) {
	var all []described
	for i := 0; i+1 < len(n.Content); i += 2 {
		var about struct{ Description, Default string }
		if err := n.Content[i+1].Decode(&about); err != nil {
			return nil, err
		}
		all = append(all, described{n.Content[i].Value, about.Description, about.Default})
	}
	return all, nil
}

// check returns an error if a table would be incomplete.
func (f *facts) check() error {
	for _, o := range f.outputs {
		if len(f.makers(o.name)) == 0 && !has(f.shared, o.name) {
			return fmt.Errorf("action.yml has the output %s, and no operation was found to make it", o.name)
		}
		if f.secret(o.name) && lives(o.name) == "" {
			return fmt.Errorf("the output %s is a secret: say in lives how long it lasts", o.name)
		}
	}
	if len(f.scopes) == 0 || f.usage == "" {
		return errors.New("the constants knownScopes and usage were not both found")
	}
	return nil
}

// makers returns the operations that set an output.
func (f *facts) makers(name string) []string {
	var names []string
	for _, op := range f.operations {
		if has(op.outputs, name) {
			names = append(names, op.Name)
		}
	}
	return names
}

// takers returns the operations that accept an input, and those that require it.
func (f *facts) takers(name string) (take, require []string) {
	for _, op := range f.operations {
		if slices.Contains(op.inputs, name) {
			take = append(take, op.Name)
		}
		if slices.Contains(op.required, name) {
			require = append(require, op.Name)
		}
	}
	return take, require
}

func (f *facts) secret(name string) bool {
	all := slices.Clone(f.shared)
	for _, op := range f.operations {
		all = append(all, op.outputs...)
	}
	return slices.Contains(all, output{name, true})
}

func has(all []output, name string) bool {
	return slices.ContainsFunc(all, func(o output) bool { return o.name == name })
}
