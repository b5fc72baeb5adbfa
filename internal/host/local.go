package host

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// local is a person's terminal, or a script of theirs: log on stderr, one JSON
// object on stdout.
type local struct{ host *Host }

// mask has nobody to tell: what azstep prints is clean, and no host keeps a log.
func (l *local) mask(string) string { return "" }

func (l *local) line(level Level, _, text string) string { return plain(level, text) }

func (l *local) ready() error { return nil }

// publish prints the outputs. Environment variables have nowhere to go.
func (l *local) publish(outputs []Output, _ []EnvVar) error {
	if l.host.opts.Exec {
		return nil
	}
	var b strings.Builder
	for i, o := range outputs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(camel(o.Name)) + ":" + quote(l.shown(o)))
	}
	return l.host.out.print("{" + b.String() + "}")
}

func (l *local) shown(o Output) string {
	if o.Secret && o.Value != "" && l.host.opts.StdoutIsTerminal {
		return "***"
	}
	return o.Value
}

// explainStars says why secrets do not show on a terminal.
func (h *Host) explainStars(outputs []Output) {
	if h.opts.Kind == Local && h.opts.StdoutIsTerminal && !h.opts.Exec && hasSecret(outputs) {
		h.hint("secrets are not shown on a terminal: pipe or redirect stdout to get them")
	}
}

// summarize leaves it to be printed.
func (l *local) summarize(Summary) (bool, error) { return false, nil }

// quote is a JSON string in ASCII. azstep may run inside somebody's CI step:
// without a # there is no command in it.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r > '~' || r == '#':
			for _, unit := range utf16.Encode([]rune{r}) {
				fmt.Fprintf(&b, `\u%04x`, unit)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
