package steps

import "slices"

// permissionOutputs are the outputs about the permissions of resources.
func permissionOutputs() []string {
	return []string{"authorized", "all-pipelines", "authorized-pipelines", "missing-pipelines", "violations", "report", "truncated"}
}

// SharedOutputs are those that any operation may have.
func SharedOutputs() []string { return []string{"refresh-token", "error"} }

// AllOutputs are the names of all outputs, sorted.
func AllOutputs() []string {
	names := SharedOutputs()
	for _, op := range All() {
		names = append(names, op.Outputs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
