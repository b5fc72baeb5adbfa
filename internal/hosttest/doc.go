// Package hosttest holds doubles of the two CI hosts: what the GitHub Actions
// runner and the Azure Pipelines agent understand of the bytes that a step
// writes. Tests feed a program's output to a double and look at what the host
// would have done with it: what it logged, hid, set, and reported.
//
// The doubles are written from the hosts' own sources, which comments name, and
// not from their documentation: where a host is lenient, surprising or wrong, so
// is its double. What the hosts do with text that only they produce (wording of
// their messages, timestamps, colours) is left out, as are commands that azstep
// has no use for beyond their being recognised.
//
// A Job puts the steps of a job together: what environment each gets, and what
// becomes of what it wrote.
//
// Leaks looks for a secret in every form that it may take on its way into a log.
//
// Only tests and the demonstration may import this package.
package hosttest

// The hosts, as AZSTEP_HOST spells them.
const (
	GitHub         = "github"
	AzurePipelines = "azure-pipelines"
)

// Command is a command as a host understood it: its name (on Azure Pipelines
// area.event) and the keys of its properties in lower case, because both hosts
// compare them in any case, and everything unescaped.
type Command struct {
	Name       string
	Properties map[string]string
	Data       string
}

// issuesPerType is how many errors, warnings and notices of a step each host
// keeps; later ones are only logged (both ExecutionContext.cs, _maxIssueCount of
// ten on the services).
const issuesPerType = 10
