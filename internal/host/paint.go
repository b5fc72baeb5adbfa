package host

// color is a foreground color of a terminal (ECMA-48, SGR).
type color string

const (
	red    color = "31"
	green  color = "32"
	yellow color = "33"
	bold   color = "1"
)

// paint colors text for the log at a terminal, and returns it unchanged everywhere
// else.
func (h *Host) paint(c color, text string) string {
	return paint(h.opts.Kind == Local && h.opts.StderrIsTerminal && h.colorful(), c, text)
}

// colorful reports whether colors may be used (no-color.org).
func (h *Host) colorful() bool {
	return h.opts.Env["NO_COLOR"] == "" && h.opts.Env["TERM"] != "dumb"
}

func paint(do bool, c color, text string) string {
	if !do || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}
