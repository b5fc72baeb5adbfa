// Package task reads the environment that the agent of Azure Pipelines gives to a
// task (azure-pipelines-agent Handler.cs, NodeHandler.cs) and turns it into the
// environment that the rest of azstep expects: the task's declared inputs under
// their kebab-case names, the service connection as the inputs that it stands for,
// and the job's own token.
//
// The agent puts the job's variables into the same environment, under names that any
// step of the job can choose. Nothing else that azstep reads is therefore passed on:
// no AZSTEP_ variable, no AZURE_ variable, no other connection. The package decides
// nothing and sends nothing.
package task

import (
	"slices"
	"strings"
)

// The two inputs that only the task has: connections of the types Azure Resource
// Manager and Azure DevOps. The agent replaces a connection's name with its id.
const (
	AzureSubscription     = "azure-subscription"
	AzureDevOpsConnection = "azure-dev-ops-connection"
)

// Connections lists the two inputs that only the task has.
func Connections() []string { return []string{AzureSubscription, AzureDevOpsConnection} }

// state is the variable in which the agent returns the task's only variable, which
// package host writes.
const state = "VSTS_TASKVARIABLE_AZSTEP"

// sources are the prefixes of the variables from which azstep takes inputs and
// identities on other hosts. In a task, variables of the job may have these names,
// so they are ignored. SSL_CERT_FILE and similar variables are ignored as well; a
// TLS error mentions them.
var sources = []string{"INPUT_", "AZSTEP_", "AZURE_", "AZURESUBSCRIPTION_", "ENDPOINT_", "SECRET_", "STATE_", "GITHUB_", "ACTIONS_", "VSTS_TASKVARIABLE_"}

// Environment converts a task's environment for the rest of azstep. names are the
// inputs of all operations, in kebab case. The warnings are about inputs that cannot
// be distinguished from a variable of the job, the problems about connections that
// cannot be used.
func Environment(env map[string]string, names []string) (known map[string]string, warnings []string, problems []error) {
	read := newReader(env)
	known = map[string]string{}
	for key, value := range env {
		if key == state || !isSource(key) {
			known[key] = value
		}
	}
	delete(known, "SYSTEM_ACCESSTOKEN")
	for _, name := range names {
		if value := read.input(name); value != "" {
			known[Key(name)] = value
		}
	}
	warnings = read.shadowed(append(Connections(), names...), known)
	if err := read.connect(known); err != nil {
		problems = append(problems, err)
	}
	if token := read.jobToken(); token != "" {
		known["SYSTEM_ACCESSTOKEN"] = token
	}
	if password := read.get("SECRET_AGENT_PROXYPASSWORD"); password != "" {
		known["AGENT_PROXYPASSWORD"] = password
	}
	return known, warnings, problems
}

// Key is the variable in which the rest of azstep looks up an input: that of an
// action, which nothing else in an agent can set.
func Key(name string) string { return "INPUT_" + strings.ToUpper(name) }

// Variable is the variable in which the agent passes an input: the camel-case name
// in capitals.
func Variable(name string) string {
	return "INPUT_" + strings.ToUpper(strings.ReplaceAll(name, "-", ""))
}

func isSource(key string) bool {
	key = strings.ToUpper(key)
	for _, prefix := range sources {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

// trusting lists the inputs that extend where credentials may be sent or whom azstep
// trusts.
func trusting() []string {
	return []string{"trusted-hosts", "authority-host", "base-domain", "ca-file"}
}

// shadowed warns of inputs with the same name as a variable of the job. Agents add
// the job's variables after the inputs (NodeHandler.cs, RunAsync), so the value may
// be the variable's, which any step of the job can set. Inputs that decide whom to
// trust are then ignored.
func (r *reader) shadowed(names []string, known map[string]string) (warnings []string) {
	for _, name := range names {
		key := Variable(name)
		variable, isVariable := r.variables[key]
		if !isVariable || r.get(key) == "" {
			continue
		}
		text := "the job has a variable " + variable + ", which the agent may have used instead of the input `" + name + "`"
		if slices.Contains(trusting(), name) {
			delete(known, Key(name))
			text += ", so the input does not count"
		}
		warnings = append(warnings, text+"; rename the variable, or find the step that sets it")
	}
	return warnings
}
