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

// Issue is an error or warning as Azure Pipelines shows it beside the run; its
// message is masked.
type Issue struct {
	Type, Message                  string
	SourcePath, Line, Column, Code string
}

// Attachment is a file that the agent uploads.
type Attachment struct{ Type, Name, Path string }

// Agent is the Azure Pipelines agent during one step. Its zero value is ready.
type Agent struct {
	// SystemDebug is the variable System.Debug: debug messages, and a copy of
	// each command, go to the log.
	SystemDebug bool
	// Restricted is `target: {commands: restricted}`: some commands are refused.
	Restricted bool
	// Settable are patterns of the variables that the task may set; nil for all.
	Settable []string
	// MultilineSecrets is the variable SYSTEM_UNSAFEALLOWMULTILINESECRET.
	MultilineSecrets bool
	// ShortestSecret is AZP_IGNORE_SECRETS_SHORTER_THAN, of which the agent obeys
	// at most 6.
	ShortestSecret int
	// KeepPercents is DECODE_PERCENTS=false: %AZP25 in a command stays as it is.
	KeepPercents bool
	// Sees says whether the agent can read a file that is to be uploaded; without
	// it, every file with an absolute path.
	Sees func(path string) bool

	Log       []string // what a reader of the log sees, masked; an entry may hold line breaks
	Commands  []Command
	Variables []Variable // by name and kind, the last value
	// TaskVariables are those of the task itself, which no other step sees.
	TaskVariables map[string]string
	PrependPath   []string // what later steps have before their PATH, the last one first
	Secrets       []string // the values to hide, without the forms derived from them
	Issues        []Issue
	Debug         []string // debug messages, masked, whether logged or dropped
	Attachments   []Attachment
	Summaries     []string // the paths of those that are summaries
	Result        string   // of task.complete, the worst; "" is none
	Failed        bool     // a command went wrong, or Result says so: the step fails whatever its exit code
	// Findings are lines that are no command byte for byte, but in which a
	// comparison that ignores invisible characters, as .NET's are, finds `##vso`.
	Findings []string

	masker *masker
	counts map[string]int
}

// Feed reads one whole stream of the step, stdout or stderr
// (azure-pipelines-agent NodeHandler.cs, ProcessInvoker.cs). What one stream
// changes holds for the next.
func (a *Agent) Feed(stream []byte) {
	for _, line := range readLines(stream) {
		a.line(line)
	}
}

// Mask hides in s what the agent hides by now.
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
	_ = a.masks().add(value) // no encoder of the agent fails
	a.Secrets = a.masks().added
}

// line is WorkerCommandManager.TryProcessCommand. There is nothing to stop it.
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
		a.warn("no command area " + area) // and the line is gone
		return
	}
	if area == "task" {
		a.task(event, c, line)
	}
	if c.Name != "task.debug" {
		a.debug("Processed: " + unescapeLogging(line))
	}
}

// knownArea says whether an extension of the agent has registered the area
// (IWorkerCommandExtension). Of areas other than task, commands are only
// recorded.
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
	if err != nil { // the line is quoted with all it holds
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

// issue logs an issue and keeps it, if there are not too many of its type
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
