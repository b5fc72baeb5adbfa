package host

import (
	"fmt"
	"strings"
	"unicode/utf16"
)

// local is a person's terminal or script: the log goes to stderr, one JSON object to
// stdout.
type local struct{ host *Host }

// mask registers nothing: azstep's own output is clean, and there is no host that
// keeps a log.
func (l *local) mask(string) string { return "" }

func (l *local) line(n note) string {
	colors := map[Level]color{Warning: yellow, Failure: red}
	whole := plain(n)
	begin := label(n.level)
	if c, ok := colors[n.level]; ok {
		return l.host.paint(c, begin) + whole[len(begin):]
	}
	return whole
}

func (l *local) ready() error { return nil }

func (l *local) check([]Output) error { return nil }

// publish prints the outputs. Environment variables are not supported. At a terminal
// a table is printed instead, see [Host.Show].
func (l *local) publish(outputs []Output, _ []EnvVar) error {
	if l.host.opts.Exec || l.host.OnTerminal() {
		return nil
	}
	var b strings.Builder
	for i, o := range outputs {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quote(camel(o.Name)) + ":" + o.json())
	}
	return l.host.out.print("{" + b.String() + "}")
}

// summarize returns false, so that the summary is printed.
func (l *local) summarize(Summary) (bool, error) { return false, nil }

// quote returns a JSON string in ASCII. azstep may run inside another CI step;
// without a # the string cannot contain a command.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case isLoud(r):
			b.WriteString(escapes(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escapes returns the JSON escapes of a character, in UTF-16.
func escapes(r rune) string {
	text := ""
	for _, unit := range utf16.Encode([]rune{r}) {
		text += fmt.Sprintf(`\u%04x`, unit)
	}
	return text
}

// journal is the file that the user names, if any.
func (l *local) journal() journal { return stateFile{l.host.opts.Env[stateVariable]} }
