package main

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// manifestOutputs are the outputs of action.yml.
func manifestOutputs() []string {
	var m struct{ Outputs map[string]any }
	if err := yaml.Unmarshal(manifest, &m); err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(m.Outputs))
}
