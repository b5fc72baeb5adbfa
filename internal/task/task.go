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
// Manager and Azure DevOps. The agent replaces a connection's name by its id.
const (
	AzureSubscription     = "azure-subscription"
	AzureDevOpsConnection = "azure-dev-ops-connection"
)

// Connections are the two inputs that only the task has.
func Connections() []string { return []string{AzureSubscription, AzureDevOpsConnection} }

// state is where the agent hands back the one variable of the task, which package
// host writes.
const state = "VSTS_TASKVARIABLE_AZSTEP"

// sources are the beginnings of the variables that azstep takes inputs and
// identities from on other hosts. In a task the job's variables may have these names,
// so that they do not count. SSL_CERT_FILE and the like do not either: of them a user
// is told where TLS fails.
var sources = []string{"INPUT_", "AZSTEP_", "AZURE_", "AZURESUBSCRIPTION_", "ENDPOINT_", "SECRET_", "STATE_", "GITHUB_", "ACTIONS_", "VSTS_TASKVARIABLE_"}

// Environment is what a task's environment is to the rest of azstep. names are
// the inputs of all operations, in kebab case. The warnings are about inputs that
// cannot be told from a variable of the job, the problems about connections that
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

// Key is the variable under which the rest of azstep finds an input: that of an
// action, which nothing else of an agent can set.
func Key(name string) string { return "INPUT_" + strings.ToUpper(name) }

// Variable is the variable in which the agent hands over an input: the name in
// camel case becomes one word of capitals.
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

// trusting are the inputs that widen where credentials may go or whom azstep
// believes.
func trusting() []string {
	return []string{"trusted-hosts", "authority-host", "base-domain", "ca-file"}
}

// shadowed warns of inputs that have a variable of the job of the same name. Agents
// add the job's variables after the inputs (NodeHandler.cs, RunAsync), so the value
// may be the variable's, which any step of the job can set. An input that decides
// whom to trust then does not count.
func (r *reader) shadowed(names []string, known map[string]string) (warnings []string) {
	for _, name := range names {
		key := Variable(name)
		variable, isVariable := r.variables[key]
		if !isVariable || r.get(key) == "" {
			continue
		}
		text := "the job has a variable " + variable + ", which the agent may have put in the place of the input `" + name + "`"
		if slices.Contains(trusting(), name) {
			delete(known, Key(name))
			text += ", so the input does not count"
		}
		warnings = append(warnings, text+"; rename the variable, or find the step that sets it")
	}
	return warnings
}
