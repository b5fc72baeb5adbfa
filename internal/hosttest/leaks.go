package hosttest

import (
	"bytes"
	"slices"
	"strings"
)

// shortestNeedle is the least that counts as a find: anything shorter would be
// found by chance.
const shortestNeedle = 4

// Leaks returns the names of all the forms in which secret stands in haystack, or
// nil. It knows far more forms than any masker hides: the encodings that
// transport, languages, shells and log viewers put a string into, base64 and
// base32 at every alignment inside something longer, each of them broken by white
// space as well. It does not look into compressed or encrypted data.
//
// A form that looks like one already searched for is not searched for again: a
// secret of letters and digits is found as "plain" alone, where percent-encoding
// would leave it as it is.
func Leaks(haystack []byte, secret string) []string {
	if len(secret) < shortestNeedle {
		return nil
	}
	joined := withoutSpace(haystack)
	var found []string
	seen := map[string]bool{}
	for _, f := range forms(secret) {
		if len(f.needle) < shortestNeedle || seen[f.needle] {
			continue
		}
		seen[f.needle] = true
		switch {
		case slices.Contains(found, f.name):
		case bytes.Contains(haystack, []byte(f.needle)):
			found = append(found, f.name)
		case broken(joined, f.needle):
			found = append(found, f.name+", broken by white space")
		}
	}
	return found
}

// broken looks for a needle without regard to white space, if it is long enough
// not to come about by chance where words run together.
func broken(joined []byte, needle string) bool {
	needle = string(withoutSpace([]byte(needle)))
	return len(needle) >= 2*shortestNeedle && bytes.Contains(joined, []byte(needle))
}

func withoutSpace(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, b)
}

// WithoutMasks takes out of a step's stream, as host reads it, what must hold
// secrets: the data of the commands that register a mask. Their headers stay, and
// so does everything that only resembles them: a command that does not begin its
// line, or one that nobody obeys because commands are stopped.
//
// On Azure Pipelines a secret variable is set by such a command, too. Any other
// host has none: its data is returned as it is.
func WithoutMasks(host string, data []byte) []byte {
	var strip func(line string) string
	switch host {
	case GitHub:
		strip = stripRunner()
	case AzurePipelines:
		strip = stripAgent
	default:
		return data
	}
	lines := readLines(data)
	for i := range lines {
		lines[i] = strip(lines[i])
	}
	return joinLines(lines)
}

func stripRunner() func(string) string {
	var r Runner
	return func(line string) string {
		stopped := r.stopped != ""
		r.line(line)
		if strings.HasPrefix(line, "::add-mask::") && !stopped {
			return "::add-mask::"
		}
		return line
	}
}

func stripAgent(line string) string {
	c, ok := parseLoggingCommand(line, false)
	if !ok || !strings.HasPrefix(line, prefix) {
		return line
	}
	secret := c.Name == "task.setsecret" || c.Name == "task.setvariable" && parseBool(c.Properties["issecret"])
	if !secret {
		return line
	}
	return line[:strings.IndexByte(line, ']')+1]
}
