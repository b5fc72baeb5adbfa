package steps

import "slices"

// permissionOutputs lists the outputs about permissions of resources.
func permissionOutputs() []string {
	return []string{"authorized", "all-pipelines", "authorized-pipelines", "missing-pipelines", "violations", "report", "truncated"}
}

// SharedOutputs lists the outputs that any operation may have.
func SharedOutputs() []string { return []string{"refresh-token", "error"} }

// AllOutputs lists the names of all outputs, sorted.
func AllOutputs() []string {
	names := SharedOutputs()
	for _, op := range All() {
		names = append(names, op.Outputs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
