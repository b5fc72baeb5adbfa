package steps

import "slices"

// Outputs are the names of an operation's outputs, in the order of action.yml. A
// test of tools/docs holds them to the code that sets them.
func Outputs(operation string) []string {
	permissions := []string{"authorized", "all-pipelines", "authorized-pipelines", "missing-pipelines", "violations", "report", "truncated"}
	return map[string][]string{
		"mint-pat": {
			"token", "authorization-header", "authorization-id", "display-name", "scopes", "valid-from", "valid-to", "target-accounts",
		},
		"revoke-pat":       {"revoked"},
		"mint-iot-token":   {"token", "authorization-header", "valid-to", "token-id", "roles"},
		"revoke-iot-token": {"revoked"},
		"mint-entra-token": {"token", "authorization-header", "valid-to"},
		"ensure-team": {
			"team-id", "team-name", "team-url", "team-description", "identity-url", "project-id", "project-name", "created", "updated",
		},
		"check-permissions": permissions,
		"whoami":            {"name", "id", "kind", "credential-kind", "tenant-id", "scopes", "valid-to", "clock-skew"},
	}[operation]
}

// SharedOutputs are those that any operation may have.
func SharedOutputs() []string { return []string{"refresh-token", "error"} }

// AllOutputs are the names of all outputs, sorted.
func AllOutputs() []string {
	names := SharedOutputs()
	for _, op := range All() {
		names = append(names, Outputs(op.Name)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
