package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf16"
)

// local is a person's terminal, or a script of theirs: log on stderr, one JSON
// object on stdout.
type local struct{ host *Host }

// mask has nobody to tell: what azstep prints is clean, and no host keeps a log.
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

// publish prints the outputs. Environment variables have nowhere to go. A person
// at a terminal is shown a table instead, see [Host.Show].
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
		case isLoud(r):
			b.WriteString(escapes(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escapes is a character as JSON escapes it: in UTF-16.
func escapes(r rune) string {
	text := ""
	for _, unit := range utf16.Encode([]rune{r}) {
		text += fmt.Sprintf(`\u%04x`, unit)
	}
	return text
}

// maxJournal is how many bytes of a laptop's state file are read.
const maxJournal = 16 << 20

// record is one line of a laptop's state file.
type record struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// save appends a line to the file that AZSTEP_STATE_FILE names, if any.
func (l *local) save(key, value string) error {
	path := l.host.opts.Env["AZSTEP_STATE_FILE"]
	if path == "" {
		return nil
	}
	line, err := json.Marshal(record{key, value})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return fmt.Errorf("AZSTEP_STATE_FILE: %w", err)
	}
	return errors.Join(appendLine(f, line), f.Close())
}

// appendLine appends one whole line, also after half a line that a crash left,
// and waits until it is on the disk.
func appendLine(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if endsMidLine(f, info.Size()) {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}

func (l *local) saved() (map[string]string, error) {
	path := l.host.opts.Env["AZSTEP_STATE_FILE"]
	if path == "" {
		return nil, nil
	}
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("AZSTEP_STATE_FILE: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	if len(text) > maxJournal {
		err = errors.New("AZSTEP_STATE_FILE is larger than 16 MiB: only its beginning was read")
	}
	found, broken := readRecords(string(text))
	return found, errors.Join(err, broken, f.Close())
}

// readRecords reads the lines of a state file; a line that is none is half of
// one, which a crash left, and is told of.
func readRecords(text string) (found map[string]string, err error) {
	found = make(map[string]string)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var r record
		if json.Unmarshal([]byte(line), &r) != nil {
			err = errors.New("AZSTEP_STATE_FILE has a line that is no record")
			continue
		}
		keep(found, r.Key, r.Value)
	}
	return found, err
}
