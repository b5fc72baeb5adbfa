package hosttest

import (
	"fmt"
	"strings"
)

// Annotation is an error, warning or notice as GitHub shows it beside the run. Its
// message is masked; its properties are not, because the runner does not.
type Annotation struct {
	Level, Message                             string
	Title, File, Line, EndLine, Col, EndColumn string
}

// Runner is the GitHub Actions runner during one step. Its zero value is ready.
type Runner struct {
	// StepDebug is the secret or variable ACTIONS_STEP_DEBUG: debug messages go
	// to the log.
	StepDebug bool
	// NoNotices is an old GitHub Enterprise Server, without the feature
	// DistributedTask.EnhancedAnnotations: a notice is an ordinary line.
	NoNotices bool

	Log         []string // what a reader of the log sees, masked; an entry may hold line breaks
	Commands    []Command
	Masks       []string // the values to hide, without the forms derived from them
	Annotations []Annotation
	Debug       []string // debug messages, masked, whether logged or dropped
	Outputs     map[string]string
	State       map[string]string
	Failed      bool // a command went wrong: the step fails whatever its exit code
	// Findings are lines that are no command byte for byte, but that a comparison
	// which ignores invisible characters, as .NET's are, could take for one.
	Findings []string

	masker  *masker
	stopped string // the token that resumes, while stopped
	echo    bool
	counts  map[string]int
}

// Feed reads one whole stream of the step, stdout or stderr (actions/runner
// OutputManager.cs). What one stream changes holds for the next.
func (r *Runner) Feed(stream []byte) {
	for _, line := range readLines(stream) {
		r.line(line)
	}
}

// Mask hides in s what the runner hides by now.
func (r *Runner) Mask(s string) string { return r.masks().mask(s) }

// summaryLimit is the largest step summary (FileCommandManager.cs,
// CreateStepSummaryCommand).
const summaryLimit = 1024 * 1024

// Summary is what GitHub shows of a step summary file: its lines masked one by
// one, or nothing and an error annotation when it is too large.
func (r *Runner) Summary(file []byte) []byte {
	if len(file) > summaryLimit {
		r.issue(Annotation{Level: "error", Message: fmt.Sprintf("the summary has %d bytes, %d are permitted", len(file), summaryLimit)})
		return nil
	}
	lines := readLines(file)
	for i := range lines {
		lines[i] = r.Mask(lines[i])
	}
	return joinLines(lines)
}

func (r *Runner) masks() *masker {
	if r.masker == nil {
		r.masker = &masker{encoders: runnerEncoders()}
	}
	return r.masker
}

func (r *Runner) line(line string) {
	c, ok := r.parse(line)
	if !ok {
		if seen := visible(line); seen != line {
			if _, ok := r.parse(seen); ok && r.stopped == "" {
				r.Findings = append(r.Findings, line)
			}
		}
	}
	if !ok || !r.command(c, line) {
		r.output(line)
	}
}

func (r *Runner) parse(line string) (Command, bool) {
	if c, ok := parseCommand(line, r.registered); ok {
		return c, true
	}
	return parseLegacyCommand(line, r.registered)
}

// registered says whether the name begins a command now; while stopped, the
// token is one.
func (r *Runner) registered(name string) bool {
	_, ok := runnerCommands()[strings.ToLower(name)]
	return ok || r.stopped != "" && sameName(name, r.stopped)
}

// command does what c says, or says no: then the line is an ordinary one
// (ActionCommandManager.cs, TryProcessCommand).
func (r *Runner) command(c Command, line string) bool {
	if r.NoNotices && c.Name == "notice" {
		return false
	}
	if r.stopped != "" {
		if !sameName(c.Name, r.stopped) {
			return false
		}
		r.output(line)
		r.stopped = ""
		return true
	}
	known := runnerCommands()[strings.ToLower(c.Name)]
	c.Name = strings.ToLower(c.Name)
	r.Commands = append(r.Commands, c)
	if r.echo && !known.quiet {
		r.output(line)
	}
	if err := known.run(r, c, line); err != nil {
		r.fail(c, known.quiet, line, err)
	}
	return true
}

// fail is the answer to a command that goes wrong.
func (r *Runner) fail(c Command, quiet bool, line string, err error) {
	what := line
	if quiet {
		what = c.Name
	}
	r.issue(Annotation{Level: "error", Message: fmt.Sprintf("unable to process command '%s'", what)})
	r.issue(Annotation{Level: "error", Message: err.Error()})
	r.Failed = true
}

func (r *Runner) output(line string) { r.Log = append(r.Log, r.Mask(line)) }

func (r *Runner) debug(message string) {
	r.Debug = append(r.Debug, r.Mask(message))
	if r.StepDebug {
		for _, l := range splitLines(message) {
			r.output("##[debug]" + l)
		}
	}
}

// messageLimit is the longest message of an annotation, counted after masking
// (ExecutionContext.cs, _maxIssueMessageLength).
const messageLimit = 4096

// issue logs an annotation and keeps it, if there are not too many of its level.
func (r *Runner) issue(a Annotation) {
	a.Message = cut(r.Mask(a.Message), messageLimit)
	r.output("##[" + a.Level + "]" + a.Message)
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	if r.counts[a.Level]++; r.counts[a.Level] <= issuesPerType {
		r.Annotations = append(r.Annotations, a)
	}
}

func (r *Runner) warn(message string) { r.issue(Annotation{Level: "warning", Message: message}) }
