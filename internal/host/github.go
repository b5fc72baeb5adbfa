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

// github writes workflow commands, and the files that the runner reads when the
// step's process has ended. The library only encodes the commands. It does not write
// them, because it uses the system's line ends, panics if a write fails, and creates
// a missing file.
type github struct{ host *Host }

func newGitHub(h *Host) *github { return &github{h} }

// switchedOff reports whether the runner may have stopped reading commands: text
// from elsewhere was written, and may have contained ::stop-commands::. A mask would
// then print what it should hide.
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

// maxSummary is the size limit of a step's summary; the runner drops a larger one
// completely (actions/runner FileCommandManager.cs).
const maxSummary = 1 << 20

func (g *github) ready() error {
	if err := g.appendable("GITHUB_OUTPUT"); err != nil && !g.host.opts.Exec {
		return err
	}
	for _, key := range []string{"GITHUB_STATE", "GITHUB_ENV"} {
		if g.host.opts.Env[key] == "" {
			continue // the code that needs the file reports it, still before a mint
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
		return errors.New("after a command has written to the log, azstep cannot mask new secrets")
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
		return false, errors.New("the step's summary is full: its limit is 1 MiB")
	}
	_, err = g.issue("step-summary", text)
	return err == nil, err
}

// issue appends whole lines to the file of a file command in one write. If that
// fails, or if undo is called, the file is restored.
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

// appendText does not create a file: the runner does not read files that it has not
// created.
func appendText(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|noWait, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// ending returns a file's size, and whether its last line is incomplete, which a
// script in the same step may have caused. Always adding an empty line would work
// with actions/runner, but act and its derivatives reject one.
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

// endsMidLine reports whether the last line of a file has no line break.
func endsMidLine(f *os.File, size int64) bool {
	last := []byte{'\n'}
	if size > 0 {
		// If the last byte cannot be read, assume that the line is complete.
		_, _ = f.ReadAt(last, size-1)
	}
	return last[0] != '\n'
}

// pair returns a NAME<<DELIMITER block of a file command. The runner ends the value
// at the first line that equals the delimiter, so the delimiter must be
// unpredictable and must not occur in the value.
func pair(name, value string) string {
	delimiter := rand.Text()
	for strings.Contains(value, delimiter) {
		delimiter = rand.Text()
	}
	return name + "<<" + delimiter + "\n" + value + "\n" + delimiter + "\n"
}

// journal uses an action's own state if there is one. A run: step has none and uses
// the environment of the job's later steps instead. State is returned as a variable
// (actions/runner Handler.cs).
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
