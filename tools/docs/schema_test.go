package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/steps"
)

// docs/outputs.schema.json must list every output in action.yml, with the type that
// the program gives it and the description in action.yml.
func TestOutputsSchema(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "outputs.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct{ Type, Description string }
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(schema.Properties) != len(f.outputs) {
		t.Errorf("%d outputs, and %d in the schema", len(f.outputs), len(schema.Properties))
	}
	for _, o := range f.outputs {
		want := host.JSONType(o.name)
		if want == "number" {
			want = "integer"
		}
		got, ok := schema.Properties[camel(o.name)]
		if !ok || got.Type != want || got.Description != o.text {
			t.Errorf("%s: %+v, want %s: %s", o.name, got, want, o.text)
		}
	}
}

// Help must list the outputs that the code of each operation sets.
func TestOutputsOfOperations(t *testing.T) {
	t.Parallel()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range f.operations {
		listed := append(op.Outputs, steps.SharedOutputs()...)
		for _, o := range op.outputs {
			if !contains(listed, o.name) {
				t.Errorf("%s sets %s, but help does not list it", op.Name, o.name)
			}
		}
		for _, name := range op.Outputs {
			if !has(op.outputs, name) {
				t.Errorf("help lists %s of %s, which does not set it", name, op.Name)
			}
		}
	}
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}
