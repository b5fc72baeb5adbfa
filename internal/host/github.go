package host

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	actions "github.com/sethvargo/go-githubactions"
)

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

func (g *github) line(n note) string {
	names := map[Level]string{Debug: "debug", Warning: "warning", Failure: "error"}
	name, ok := names[n.level]
	if !ok {
		return plain(n)
	}
	command := actions.Command{Name: name, Message: n.text, Properties: actions.CommandProperties{}}
	if n.code != "" {
		command.Properties["title"] = n.code
	}
	if n.file != "" {
		command.Properties["file"], command.Properties["line"] = n.file, strconv.Itoa(n.line)
	}
	return command.String()
}

// maxSummary is what a step's summary may be; the runner drops all of a larger
// one (actions/runner FileCommandManager.cs).
const maxSummary = 1 << 20

func (g *github) ready() error {
	if err := g.appendable("GITHUB_OUTPUT"); err != nil && !g.host.opts.Exec {
		return err
	}
	for _, key := range []string{"GITHUB_STATE", "GITHUB_ENV"} {
		if g.host.opts.Env[key] == "" {
			continue // whoever needs it is told then, still before a mint
		}
		if err := g.appendable(key); err != nil {
			return err
		}
	}
	return nil
}

func (g *github) check([]Output) error { return nil }

func (g *github) appendable(key string) error {
	if g.host.opts.Env[key] == "" {
		return fmt.Errorf("%s is not set", key)
	}
	f, err := os.OpenFile(g.host.opts.Env[key], os.O_WRONLY|os.O_APPEND|noWait, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return f.Close()
}

func (g *github) publish(outputs []Output, env []EnvVar) error {
	if g.switchedOff() && (hasSecret(outputs) || len(env) > 0) {
		return errors.New("no mask can be registered after output of a command")
	}
	var results, variables strings.Builder
	for _, o := range outputs {
		results.WriteString(pair(o.Name, o.Value))
	}
	for _, e := range env {
		variables.WriteString(pair(e.Name, e.Value))
	}
	undo, err := g.issue("output", results.String())
	if err != nil {
		return err
	}
	if _, err = g.issue("env", variables.String()); err != nil {
		return errors.Join(err, undo())
	}
	return nil
}

func (g *github) summarize(s Summary) (bool, error) {
	path := g.host.opts.Env["GITHUB_STEP_SUMMARY"]
	if path == "" {
		return false, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	text := s.markdown(maxSummary - int(info.Size()) - len("\n\n"))
	if text == "" {
		return false, errors.New("the step's summary has no room left: it holds at most 1 MiB")
	}
	_, err = g.issue("step-summary", text)
	return err == nil, err
}

// issue appends text, whole lines, to the file of a file command in one write.
// When that fails, or when undo is called, the file is what it was.
func (g *github) issue(command, text string) (undo func() error, err error) {
	if text == "" {
		return func() error { return nil }, nil
	}
	key := "GITHUB_" + strings.ToUpper(strings.ReplaceAll(command, "-", "_"))
	path := g.host.opts.Env[key]
	if err := g.appendable(key); err != nil {
		return nil, err
	}
	size, open, err := ending(path)
	if err != nil {
		return nil, err
	}
	if open {
		text = "\n" + text
	}
	undo = func() error { return os.Truncate(path, size) }
	if err := appendText(path, text); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", key, err), undo())
	}
	return undo, nil
}

// appendText does not create a file: no runner reads one that it has not made.
func appendText(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|noWait, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// ending is a file's size, and whether its last line is open: a script in the
// same step may have left it so. An empty line in every case would do for
// actions/runner, but act and what is made from it refuse one.
func ending(path string) (size int64, open bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|noWait, 0)
	if err != nil {
		return 0, false, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, false, errors.Join(err, f.Close())
	}
	return info.Size(), endsMidLine(f, info.Size()), f.Close()
}

// endsMidLine reports whether the last line of a file lacks its line break.
func endsMidLine(f *os.File, size int64) bool {
	last := []byte{'\n'}
	if size > 0 {
		// What cannot be read is taken for a whole line.
		_, _ = f.ReadAt(last, size-1)
	}
	return last[0] != '\n'
}

// pair is one NAME<<DELIMITER block of a file command. The runner ends the
// value at the first line that equals the delimiter, so it is one that nobody
// can guess and that is not in the value.
func pair(name, value string) string {
	delimiter := rand.Text()
	for strings.Contains(value, delimiter) {
		delimiter = rand.Text()
	}
	return name + "<<" + delimiter + "\n" + value + "\n" + delimiter + "\n"
}

// journal is an action's own state where there is one. A run: step has none; the
// environment of the job's later steps stands in. The state comes back as a
// variable (actions/runner Handler.cs).
func (g *github) journal() journal {
	put := func(command string) func(key, value string) error {
		return func(key, value string) error {
			_, err := g.issue(command, pair(key, value))
			return err
		}
	}
	if g.host.ActionMode() {
		return ownState{env: g.host.opts.Env, variable: "STATE_" + StateKey, sure: g.host.opts.Action, put: put("state")}
	}
	return jobVariables{env: g.host.opts.Env, put: put("env")}
}
