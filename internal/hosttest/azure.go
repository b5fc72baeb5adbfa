package hosttest

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// Variable is a variable that the step set.
type Variable struct {
	Name, Value              string
	Secret, Output, ReadOnly bool
}

// Issue is an error or warning as Azure Pipelines shows it beside the run. Its
// message is masked.
type Issue struct {
	Type, Message                  string
	SourcePath, Line, Column, Code string
}

// Attachment is a file that the agent uploads.
type Attachment struct{ Type, Name, Path string }

// Agent is the Azure Pipelines agent during one step. The zero value is ready to
// use.
type Agent struct {
	// SystemDebug is the variable System.Debug: debug messages and a copy of each
	// command are logged.
	SystemDebug bool
	// Restricted is `target: {commands: restricted}`: some commands are rejected.
	Restricted bool
	// Settable holds patterns of the variables that the task may set; nil means all.
	Settable []string
	// MultilineSecrets is the variable SYSTEM_UNSAFEALLOWMULTILINESECRET.
	MultilineSecrets bool
	// ShortestSecret is AZP_IGNORE_SECRETS_SHORTER_THAN. The agent uses at most 6.
	ShortestSecret int
	// KeepPercents is DECODE_PERCENTS=false: %AZP25 in a command is not decoded.
	KeepPercents bool
	// Sees reports whether the agent can read a file for upload. The default is
	// every absolute path.
	Sees func(path string) bool

	Log       []string // the log as readers see it, masked; an entry can contain line breaks
	Commands  []Command
	Variables []Variable // the last value by name and kind
	// TaskVariables are the task's own variables, which no other step sees.
	TaskVariables map[string]string
	PrependPath   []string // folders that later steps have before their PATH, the last one first
	Secrets       []string // values to mask, without the forms derived from them
	Issues        []Issue
	Debug         []string // debug messages, masked, even if they are not logged
	Attachments   []Attachment
	Summaries     []string // paths of the uploads that are summaries
	Result        string   // the worst one of task.complete, or ""
	Failed        bool     // a command failed, or Result says so: the step fails with any exit code
	// Findings are lines that are not a command byte for byte, but in which a
	// comparison that ignores invisible characters, as in .NET, finds `##vso`.
	Findings []string

	masker *masker
	counts map[string]int
}

// Feed processes a complete stream of the step, stdout or stderr
// (azure-pipelines-agent NodeHandler.cs, ProcessInvoker.cs). Changes by one stream
// apply to the next one.
func (a *Agent) Feed(stream []byte) {
	for _, line := range readLines(stream) {
		a.line(line)
	}
}

// Mask masks what the agent masks at this time.
func (a *Agent) Mask(s string) string { return a.masks().mask(s) }

// shortestSecretLimit is LoggedSecretMasker.MinSecretLengthLimit.
const shortestSecretLimit = 6

// urlSecret is UrlSecretPattern (AdditionalMaskingRegexes.cs): the password in
// the userinfo of any URL.
const urlSecret = `//[^:/?#\n]+:([^@\n]+)@`

func (a *Agent) masks() *masker {
	if a.masker == nil {
		a.masker = &masker{
			encoders: agentEncoders(),
			patterns: []*regexp.Regexp{regexp.MustCompile(urlSecret)},
			shortest: min(a.ShortestSecret, shortestSecretLimit),
		}
	}
	return a.masker
}

func (a *Agent) hide(value string) {
	_ = a.masks().add(value) // the agent's encoders never fail
	a.Secrets = a.masks().added
}

// line is WorkerCommandManager.TryProcessCommand. The agent has no command that
// stops it.
func (a *Agent) line(line string) {
	c, ok := parseLoggingCommand(line, a.KeepPercents)
	if ok {
		a.command(c, line)
		return
	}
	switch {
	case strings.Contains(line, keyword):
		a.warn("'" + keyword + "' in what is no command: " + line)
	case strings.Contains(visible(line), keyword):
		a.Findings = append(a.Findings, line)
	}
	a.output(line)
}

func (a *Agent) command(c Command, line string) {
	a.Commands = append(a.Commands, c)
	area, event, _ := strings.Cut(c.Name, ".")
	if !knownArea(area) {
		a.warn("no command area " + area) // the line is dropped
		return
	}
	if area == "task" {
		a.task(event, c, line)
	}
	if c.Name != "task.debug" {
		a.debug("Processed: " + unescapeLogging(line))
	}
}

// knownArea reports whether an extension of the agent has registered the area
// (IWorkerCommandExtension). Commands of areas other than task are only recorded.
func knownArea(area string) bool {
	switch area {
	case "artifact", "build", "codecoverage", "release", "results", "task", "telemetry":
		return true
	}
	return false
}

func (a *Agent) task(event string, c Command, line string) {
	known, ok := taskCommands()[event]
	if ok && a.Restricted && !known.restricted {
		a.warn("the command " + c.Name + " is not permitted here")
		return
	}
	err := fmt.Errorf("no command %s", c.Name)
	if ok {
		err = known.run(a, c)
	}
	if err != nil { // the error quotes the whole line
		a.issue(Issue{Type: "error", Message: "unable to process command '" + line + "'"})
		a.issue(Issue{Type: "error", Message: err.Error()})
		a.Failed = true
	}
}

func (a *Agent) output(line string) { a.Log = append(a.Log, a.Mask(line)) }

func (a *Agent) debug(message string) {
	a.Debug = append(a.Debug, a.Mask(message))
	if a.SystemDebug {
		for _, l := range splitLines(message) {
			a.output("##[debug]" + l)
		}
	}
}

// issue logs an issue, and keeps it unless there are too many of its type
// (ExecutionContext.cs, AddIssue).
func (a *Agent) issue(i Issue) {
	if i.Message = a.Mask(i.Message); i.Message != "" {
		a.output("##[" + i.Type + "]" + i.Message)
	}
	if a.counts == nil {
		a.counts = map[string]int{}
	}
	if a.counts[i.Type]++; a.counts[i.Type] <= issuesPerType {
		a.Issues = append(a.Issues, i)
	}
}

func (a *Agent) warn(message string) { a.issue(Issue{Type: "warning", Message: message}) }

func (a *Agent) sees(file string) bool {
	if a.Sees != nil {
		return a.Sees(file)
	}
	return path.IsAbs(file)
}
