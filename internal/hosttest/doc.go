// Package hosttest contains doubles of the two CI hosts, which interpret the bytes
// that a step writes as the GitHub Actions runner and the Azure Pipelines agent do.
// Tests feed a program's output to a double and check what the host would have
// logged, masked, set and reported.
//
// The doubles follow the hosts' source code, which comments cite, and not their
// documentation: where a host is lenient, surprising or wrong, so is its double. Text
// that only the hosts produce (wording of their messages, timestamps, colors) is left
// out. Commands that azstep does not use are recognized but have no effect.
//
// A Job runs the steps of a job: it prepares the environment of each step and
// processes what the step wrote.
//
// Leaks searches for a secret in every form in which it may get into a log.
//
// Only tests and the demonstration may import this package.
package hosttest

// The hosts, as in AZSTEP_HOST.
const (
	GitHub         = "github"
	AzurePipelines = "azure-pipelines"
)

// Command is a command as a host understood it. Its name (area.event on Azure
// Pipelines) and the keys of its properties are in lower case, because both hosts
// ignore case. Everything is unescaped.
type Command struct {
	Name       string
	Properties map[string]string
	Data       string
}

// issuesPerType is how many errors, warnings and notices of a step each host keeps.
// Later ones are only logged (ExecutionContext.cs of both, _maxIssueCount: ten on
// the services).
const issuesPerType = 10
