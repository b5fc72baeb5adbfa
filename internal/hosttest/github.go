package hosttest

import (
	"fmt"
	"strings"
)

// Annotation is an error, warning or notice as GitHub shows it beside the run. Its
// message is masked. Its properties are not, because the runner does not mask them.
type Annotation struct {
	Level, Message                             string
	Title, File, Line, EndLine, Col, EndColumn string
}

// Runner is the GitHub Actions runner during one step. The zero value is ready to
// use.
type Runner struct {
	// StepDebug is the secret or variable ACTIONS_STEP_DEBUG: debug messages are
	// logged.
	StepDebug bool
	// NoNotices is an old GitHub Enterprise Server without the feature
	// DistributedTask.EnhancedAnnotations: a notice is an ordinary line.
	NoNotices bool

	Log         []string // the log as readers see it, masked; an entry can contain line breaks
	Commands    []Command
	Masks       []string // values to mask, without the forms derived from them
	Annotations []Annotation
	Debug       []string // debug messages, masked, even if they are not logged
	Outputs     map[string]string
	State       map[string]string
	Failed      bool // a command failed: the step fails with any exit code
	// Findings are lines that are not a command byte for byte, but that a comparison
	// which ignores invisible characters, as in .NET, could mistake for one.
	Findings []string

	masker  *masker
	stopped string // while commands are stopped, the token that resumes them
	echo    bool
	counts  map[string]int
}

// Feed processes a complete stream of the step, stdout or stderr (actions/runner
// OutputManager.cs). Changes by one stream apply to the next one.
func (r *Runner) Feed(stream []byte) {
	for _, line := range readLines(stream) {
		r.line(line)
	}
}

// Mask masks what the runner masks at this time.
func (r *Runner) Mask(s string) string { return r.masks().mask(s) }

// summaryLimit is the largest step summary (FileCommandManager.cs,
// CreateStepSummaryCommand).
const summaryLimit = 1024 * 1024

// Summary returns what GitHub shows of a step summary file: its lines, each masked
// separately, or nothing and an error annotation if it is too large.
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

// registered reports whether the name is a command now. While commands are stopped,
// only the token is.
func (r *Runner) registered(name string) bool {
	_, ok := runnerCommands()[strings.ToLower(name)]
	return ok || r.stopped != "" && sameName(name, r.stopped)
}

// command runs c, or returns false: then the line is an ordinary one
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

// fail reports a command that failed.
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

// messageLimit is the longest message of an annotation, after masking
// (ExecutionContext.cs, _maxIssueMessageLength).
const messageLimit = 4096

// issue logs an annotation, and keeps it unless there are too many of its level.
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
