package host

import "fmt"

// Level is the importance of a line.
type Level int

// The levels of lines. Warning and Failure become annotations on CI hosts.
const (
	Debug Level = iota
	Info
	Warning
	Failure
)

// note is one line of the log with everything that a host can show.
type note struct {
	level Level
	code  string // the fault code of an error, or ""
	file  string // path in the checkout, or ""
	line  int    // line of the file, from 1
	text  string
}

// Debugging reports whether the user enabled debug logging on the host.
func (h *Host) Debugging() bool { return h.debug }

// Debugf logs a line that is shown only with debug logging.
func (h *Host) Debugf(format string, args ...any) {
	if h.debug {
		h.show(note{level: Debug, text: fmt.Sprintf(format, args...)})
	}
}

// Infof logs a line.
func (h *Host) Infof(format string, args ...any) {
	h.show(note{level: Info, text: h.spell.Text(fmt.Sprintf(format, args...))})
}

// Warnf logs a warning.
func (h *Host) Warnf(format string, args ...any) {
	h.show(note{level: Warning, text: h.spell.Blame(fmt.Sprintf(format, args...))})
}

// WarnAt logs a warning about a line of a file in the checkout, and CI hosts show it
// there. Without a file it is an ordinary warning.
func (h *Host) WarnAt(file string, line int, text string) {
	h.show(note{level: Warning, file: h.clean(file), line: line, text: text})
}

// show writes one line in the host's dialect.
func (h *Host) show(n note) {
	n.text = h.clean(n.text)
	// The stream keeps a write error for Err.
	_ = h.log.print(h.dialect.line(n))
}

// hint writes a line that says what to do.
func (h *Host) hint(text string) {
	_ = h.log.print(h.paint(yellow, "hint: ") + h.clean(text))
}

// plain returns a line without any command. It begins with a word of azstep's own,
// so that no other text is at the beginning of the line.
func plain(n note) string {
	place := ""
	if n.file != "" {
		place = fmt.Sprintf("%s:%d: ", n.file, n.line)
	}
	return label(n.level) + place + n.text
}

func label(level Level) string {
	switch level {
	case Debug:
		return "debug: "
	case Warning:
		return "warning: "
	case Failure:
		return "error: "
	default:
		return "azstep: "
	}
}
