package host

import (
	"fmt"

	actions "github.com/sethvargo/go-githubactions"
)

// github speaks workflow commands and writes the files that the runner reads
// when the step's process has ended.
type github struct {
	host   *Host
	action *actions.Action
}

func newGitHub(h *Host) *github {
	getenv := func(key string) string { return h.opts.Env[key] }
	return &github{host: h, action: actions.New(actions.WithWriter(h.log), actions.WithGetenv(getenv))}
}

// switchedOff reports whether the runner may no longer read commands: text that
// is not ours has passed, and could have held ::stop-commands::. A mask would
// then print what it is to hide.
func (g *github) switchedOff() bool {
	return g.host.out.foreign.Load() || g.host.err.foreign.Load()
}

func (g *github) mask(form string) error {
	if g.switchedOff() {
		return nil
	}
	return guard(func() { g.action.AddMask(form) })
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

// guard turns the panics by which the library tells of a failed write into
// errors.
func guard(do func()) (err error) {
	defer func() {
		switch failure := recover().(type) {
		case nil:
		case error:
			err = failure
		default:
			err = fmt.Errorf("%v", failure)
		}
	}()
	do()
	return nil
}
