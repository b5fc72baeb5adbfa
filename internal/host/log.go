package host

import "fmt"

// Level is how much a line matters.
type Level int

// The levels of lines. Warning and Failure are annotations on CI hosts.
const (
	Debug Level = iota
	Info
	Warning
	Failure
)

// maxFailures is how many error annotations are made before the last one, which
// [Host.Report] makes. Hosts keep ten of a kind per step and drop the rest
// (actions/runner and azure-pipelines-agent, both ExecutionContext.cs).
const maxFailures = 9

// Debugging reports whether the user asked the host to debug.
func (h *Host) Debugging() bool { return h.debug }

// Debugf logs a line that only shows when the user asked the host to debug.
func (h *Host) Debugf(format string, args ...any) {
	if h.debug {
		h.show(Debug, "", fmt.Sprintf(format, args...))
	}
}

// Infof logs a line.
func (h *Host) Infof(format string, args ...any) {
	h.show(Info, "", fmt.Sprintf(format, args...))
}

// Warnf logs a warning.
func (h *Host) Warnf(format string, args ...any) {
	h.show(Warning, "", fmt.Sprintf(format, args...))
}

// Annotate marks a warning or an error without ending anything. An error that
// would take the place of the last one is a line of the log.
func (h *Host) Annotate(level Level, text string) {
	if level == Failure && h.crowded() {
		h.say(level, text)
		return
	}
	h.show(level, "", text)
}

func (h *Host) crowded() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	return h.failures > maxFailures
}

// show writes one line in the host's dialect.
func (h *Host) show(level Level, code, text string) {
	// The stream keeps a write error for whoever asks Err.
	_ = h.log.print(h.dialect.line(level, code, h.clean(text)))
}

// say writes one line of plain text.
func (h *Host) say(level Level, text string) {
	_ = h.log.print(plain(level, h.clean(text)))
}

// hint writes one line that says what to do.
func (h *Host) hint(text string) {
	_ = h.log.print("hint: " + h.clean(text))
}

// plain is a line without any command. It begins with a word of ours, so that
// no text can be the beginning of a line.
func plain(level Level, text string) string {
	switch level {
	case Debug:
		return "debug: " + text
	case Warning:
		return "warning: " + text
	case Failure:
		return "error: " + text
	default:
		return "azstep: " + text
	}
}
