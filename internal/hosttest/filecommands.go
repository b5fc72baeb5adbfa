package hosttest

import (
	"fmt"
	"strings"
)

// Pair is a name and its value.
type Pair struct{ Key, Value string }

// ParseFileCommands parses a file of outputs, environment or state like the runner
// does after the step (actions/runner FileCommandManager.cs, EnvFileKeyValuePairs,
// on Linux, where a CR is an ordinary character).
//
// With an error, it returns the pairs before it, which the runner has already
// applied; the step fails. A key may be empty here: the runner rejects empty names
// of outputs later, and never those of variables.
func ParseFileCommands(data []byte) ([]Pair, error) {
	var pairs []Pair
	file := &fileReader{rest: text(data)}
	for {
		line, _, ok := file.line()
		if !ok {
			return pairs, nil
		}
		if line == "" {
			continue
		}
		pair, err := file.pair(line)
		if err != nil {
			return pairs, err
		}
		pairs = append(pairs, pair)
	}
}

type fileReader struct{ rest string }

// line removes the next line and reports whether an LF ended it.
func (f *fileReader) line() (line string, ended, ok bool) {
	if f.rest == "" {
		return "", false, false
	}
	line, f.rest, ended = strings.Cut(f.rest, "\n")
	return line, ended, true
}

// pair parses `key=value`, or `key<<delimiter` and the lines up to the delimiter,
// depending on which operator comes first.
func (f *fileReader) pair(line string) (Pair, error) {
	equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
	switch {
	case equals >= 0 && (heredoc < 0 || equals < heredoc):
		return Pair{line[:equals], line[equals+1:]}, nil
	case heredoc < 0:
		return Pair{}, fmt.Errorf("line %q: neither key=value nor key<<delimiter", line)
	}
	key, delimiter := line[:heredoc], line[heredoc+2:]
	if key == "" || delimiter == "" {
		return Pair{}, fmt.Errorf("line %q: key or delimiter is empty", line)
	}
	value, err := f.until(delimiter)
	return Pair{key, value}, err
}

// until returns a value: everything before the LF in front of the delimiter.
func (f *fileReader) until(delimiter string) (string, error) {
	start, length := f.rest, 0
	for {
		line, ended, ok := f.line()
		switch {
		case ok && line == delimiter:
			return start[:max(length-1, 0)], nil
		case !ok:
			return "", fmt.Errorf("delimiter %q not found", delimiter)
		case !ended:
			return "", fmt.Errorf("delimiter %q not found before a last line without LF", delimiter)
		}
		length += len(line) + 1
	}
}
