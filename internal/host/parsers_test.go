package host

import (
	"errors"
	"strings"
	"unicode"
)

// The parsers of the hosts, written from the hosts' own rules. The fuzz tests of the
// encoders use them to read the results.

// parsed is a command as a host understands it.
type parsed struct {
	Name  string
	Props map[string]string
	Data  string
}

// runnerCommand parses a line as actions/runner does (ActionCommand.cs): "::" at the
// beginning, possibly after white space, or "##[" anywhere.
func runnerCommand(line string) (parsed, bool) {
	if rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::"); ok {
		if header, data, ok := strings.Cut(rest, "::"); ok {
			name, props, _ := strings.Cut(header, " ")
			return parsed{name, properties(props, ",", runnerProperty), runnerData(data)}, true
		}
	}
	if _, rest, ok := strings.Cut(line, "##["); ok {
		if header, data, ok := strings.Cut(rest, "]"); ok {
			name, props, _ := strings.Cut(header, " ")
			return parsed{name, properties(props, ";", legacy), legacy(data)}, true
		}
	}
	return parsed{}, false
}

// agentCommand parses a line as azure-pipelines-agent does (Command.cs).
func agentCommand(line string) (parsed, bool) {
	_, rest, ok := strings.Cut(line, "##vso[")
	if !ok {
		return parsed{}, false
	}
	header, data, ok := strings.Cut(rest, "]")
	if !ok {
		return parsed{}, false
	}
	name, props, _ := strings.Cut(header, " ")
	return parsed{name, properties(props, ";", agentText), agentText(data)}, strings.Count(name, ".") == 1
}

func properties(text, separator string, unescape func(string) string) map[string]string {
	props := map[string]string{}
	for one := range strings.SplitSeq(strings.TrimSpace(text), separator) {
		if key, value, ok := strings.Cut(one, "="); ok && key != "" && value != "" {
			props[key] = unescape(value)
		}
	}
	return props
}

// replaceInTurn goes over the whole text once for each pair, as the hosts do.
func replaceInTurn(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func runnerData(s string) string { return replaceInTurn(s, "%0D", "\r", "%0A", "\n", "%25", "%") }

func runnerProperty(s string) string {
	return replaceInTurn(s, "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",", "%25", "%")
}

func legacy(s string) string {
	return replaceInTurn(s, "%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%25", "%")
}

func agentText(s string) string {
	return replaceInTurn(s, "%3B", ";", "%0D", "\r", "%0A", "\n", "%5D", "]", "%AZP25", "%")
}

// fileCommands parses an outputs, environment or state file as actions/runner on
// Linux does (FileCommandManager.cs).
func fileCommands(text string) (pairs [][2]string, err error) {
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if line == "" {
			continue
		}
		equals, marker := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case equals >= 0 && (marker < 0 || equals < marker):
			pairs = append(pairs, [2]string{line[:equals], line[equals+1:]})
		case marker > 0 && marker+2 < len(line):
			value, rest, ok := untilLine(text, line[marker+2:])
			if !ok {
				return pairs, errors.New("matching delimiter not found")
			}
			pairs, text = append(pairs, [2]string{line[:marker], value}), rest
		default:
			return pairs, errors.New("invalid format")
		}
	}
	return pairs, nil
}

// actAccepts reports whether nektos/act, and the runners of Gitea and Forgejo that
// are based on it, can read the file: they reject empty lines between the blocks.
func actAccepts(text string) bool {
	for text != "" {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		equals, marker := strings.Index(line, "="), strings.Index(line, "<<")
		if equals >= 0 && (marker < 0 || equals < marker) {
			continue
		}
		if marker < 0 {
			return false
		}
		_, rest, ok := untilLine(text, line[marker+2:])
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

// untilLine cuts text before the first line that equals the delimiter.
func untilLine(text, delimiter string) (value, rest string, ok bool) {
	for at := 0; at <= len(text); {
		line, after, more := strings.Cut(text[at:], "\n")
		if line == delimiter {
			return strings.TrimSuffix(text[:at], "\n"), after, true
		}
		if !more {
			break
		}
		at += len(line) + 1
	}
	return "", "", false
}

// lines returns the lines as a host sees them: .NET ends a line at LF, CRLF or CR.
func lines(text string) []string {
	all := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// ascii returns the text without the runes that a culture-sensitive comparison may
// skip.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r == 0 {
			return -1
		}
		return r
	}, text)
}
