package faults

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// mark is part of every command that hostile text tries to give, and of nothing that
// azstep writes itself.
const mark = "PWNED"

// commands are obeyed by one of the two hosts if they are written correctly.
func commands() []string {
	return []string{
		"::error::" + mark, "::error title=" + mark + "::" + mark, "::warning::" + mark, "::notice file=" + mark + "::" + mark,
		"::set-output name=" + mark + "::" + mark, "::save-state name=" + mark + "::" + mark, "::add-mask::" + mark + "-mask", "::debug::" + mark,
		"::stop-commands::" + mark + "-token", "::" + mark + "-token::", "::echo::on", "::group::" + mark, "::endgroup::",
		"::set-env name=" + mark + "::x", "::add-path::/" + mark, "::add-matcher::/" + mark,
		"##[error]" + mark, "##[add-mask]" + mark + "-mask", "##[set-output name=" + mark + "]x", "##[stop-commands]" + mark + "-token", "##[section]" + mark,
		"##vso[task.setvariable variable=" + mark + "]x", "##vso[task.setvariable variable=" + mark + ";isOutput=true;isSecret=true]x",
		"##vso[task.complete result=Failed;]" + mark, "##vso[task.setsecret]" + mark + "-mask", "##vso[task.logissue type=error]" + mark,
		"##vso[task.uploadsummary]/" + mark, "##vso[task.uploadfile]/" + mark, "##vso[task.prependpath]/" + mark, "##vso[build.addbuildtag]" + mark,
		"##vso[artifact.upload]/" + mark, "##VSO[TASK.COMPLETE result=Failed;]", "##vso[ task.complete result=Failed;]x", "##vso[task.debug]" + mark,
	}
}

// separators may end a line, look like the end of a line, or hide or move the text
// beside them.
func separators() []string {
	return []string{
		"\n", "\r", "\r\n", "\n\r", "\x0b", "\x0c", "\x00", "\x1c", "\u0085", "\u2028", "\u2029", " ", "\t", "\u00a0", "\u3000",
		"\x1b[2J", "\x1b]0;x\x07", "\x1b[1A\x1b[2K", "\x9b2J", "\b\b\b\b", "\x7f", "\u202e", "\u2066", "\u2069", "\ufeff", "\u200b", "\u00ad", "\ufe0f",
		"\U000e0001", "\xff\xfe", "\xc3", "\xed\xa0\x80", "%0A", "%0D", "%25", "%250A", "%3B", "%5D", "%AZP25", "%AZP250A", ";", "]", ",", "=", "::", "##",
		"\"", "'", "\\", "\\n", "`", "|", "\\|", "</code>", "<script>", "![x](https://e.example/x)", "@everyone", "#1", "&#10;", "&lt;", "$(" + mark + ")", "${{ " + mark + " }}",
		"EOF", "_GitHubActionsFileCommandDelimeter_", "ghadelimiter_" + mark, mark + "<<EOF\nx\nEOF", mark + "=x", "<<", "name<<",
	}
}

// generator creates hostile text. Equal seeds give equal texts.
type generator struct {
	*rand.Rand
	fixed string // if not empty, returned instead of any other text
}

func newGenerator(seed uint64) generator {
	return generator{Rand: rand.New(&shared{from: rand.NewPCG(seed, 0)})}
}

// shared is a random source that services use at the same time, one request each.
type shared struct {
	mu   sync.Mutex
	from rand.Source
}

func (s *shared) Uint64() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.Uint64()
}

func (g generator) one(from []string) string { return from[g.IntN(len(from))] }

// text returns some commands with separators before, between and within them.
func (g generator) text() string {
	if g.fixed != "" {
		return g.fixed
	}
	var b strings.Builder
	for range 1 + g.IntN(4) {
		for range g.IntN(3) {
			b.WriteString(g.one(separators()))
		}
		b.WriteString(g.broken(g.one(commands())))
	}
	if g.IntN(8) == 0 {
		b.WriteString(strings.Repeat("A", g.IntN(9000)))
	}
	b.WriteString(g.one(append(separators(), "")))
	return b.String()
}

// broken sometimes inserts invisible characters into a command.
func (g generator) broken(command string) string {
	if g.IntN(3) > 0 {
		return command
	}
	at := 1 + g.IntN(3)
	return command[:at] + g.one(separators()) + command[at:]
}

// tame returns text that an environment can contain: no NUL.
func (g generator) tame() string { return strings.ReplaceAll(g.text(), "\x00", "") }

// line returns text of one line without control characters, for headers.
func (g generator) line() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(g.text(), "?"))
}

// poison changes the texts in a service's answer, except for the members whose names
// are to be kept.
func (g generator) poison(name string, v any, keep []string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedKeys(v) {
			v[name] = g.poison(name, v[name], keep)
		}
	case []any:
		for i := range v {
			v[i] = g.poison(name, v[i], keep)
		}
	case string:
		if !slices.Contains(keep, name) && g.IntN(4) > 0 {
			return g.text()
		}
	}
	return v
}

func sortedKeys(m map[string]any) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
