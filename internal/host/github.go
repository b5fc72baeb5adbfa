package host

import actions "github.com/sethvargo/go-githubactions"

// github speaks workflow commands and writes the files that the runner reads
// when the step's process has ended. The library encodes the commands; it is not
// let write them, because it ends lines as the system does, panics when a write
// fails, and makes a file that is missing.
type github struct{ host *Host }

func newGitHub(h *Host) *github { return &github{h} }

// switchedOff reports whether the runner may no longer read commands: text that
// is not ours has passed, and could have held ::stop-commands::. A mask would
// then print what it is to hide.
func (g *github) switchedOff() bool {
	return g.host.out.foreign.Load() || g.host.err.foreign.Load()
}

func (g *github) mask(form string) string {
	if g.switchedOff() {
		return ""
	}
	mask := actions.Command{Name: "add-mask", Message: form}
	return mask.String()
}

func (g *github) line(level Level, code, text string) string {
	names := map[Level]string{Debug: "debug", Warning: "warning", Failure: "error"}
	name, ok := names[level]
	if !ok {
		return plain(level, text)
	}
	command := actions.Command{Name: name, Message: text}
	if code != "" {
		command.Properties = actions.CommandProperties{"title": code}
	}
	return command.String()
}
