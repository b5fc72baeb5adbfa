package hosttest

import (
	"bytes"
	"slices"
	"strings"
)

// shortestNeedle is the minimum length of a match. Shorter ones would occur by
// chance.
const shortestNeedle = 4

// Leaks returns the names of all forms of secret that haystack contains, or nil. It
// knows far more forms than any masker: the encodings of transports, languages,
// shells and log viewers, and base64 and base32 at every alignment inside longer
// data, each also broken by white space. It does not look into compressed or
// encrypted data.
//
// A form that is identical to an earlier one is skipped: a secret of letters and
// digits is reported only as "plain", because percent-encoding would not change it.
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

// broken searches for a needle and ignores white space, if the needle is long enough
// not to occur by chance where words are joined.
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

// WithoutMasks removes from a step's stream, as host reads it, what must contain
// secrets: the data of the commands that register a mask. It keeps their headers and
// everything that only resembles them, such as a command that does not begin its
// line, or one that is ignored because commands are stopped.
//
// On Azure Pipelines, a secret variable is set by such a command as well. Other
// hosts have no such commands: their data is returned unchanged.
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
