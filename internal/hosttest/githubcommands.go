package hosttest

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// runnerCommand is a command that the runner registers.
type runnerCommand struct {
	quiet bool // OmitEcho: never shown, even if echo is on
	run   func(r *Runner, c Command, line string) error
}

// runnerCommands are all commands except internal-set-repo-path, which only the
// runner's own plugins have (actions/runner ActionCommandManager.cs). The file of
// add-matcher is not read.
func runnerCommands() map[string]runnerCommand {
	seen := func(*Runner, Command, string) error { return nil }
	return map[string]runnerCommand{
		"add-mask":       {true, (*Runner).addMask},
		"add-matcher":    {false, seen},
		"remove-matcher": {false, seen},
		"add-path":       {false, disabled},
		"set-env":        {false, disabled},
		"debug":          {true, func(r *Runner, c Command, _ string) error { r.debug(c.Data); return nil }},
		"error":          {true, annotate},
		"warning":        {true, annotate},
		"notice":         {true, annotate},
		"group":          {false, func(r *Runner, c Command, _ string) error { r.output("##[group]" + c.Data); return nil }},
		"endgroup":       {false, func(r *Runner, _ Command, _ string) error { r.output("##[endgroup]"); return nil }},
		"echo":           {false, (*Runner).setEcho},
		"set-output":     {false, func(r *Runner, c Command, _ string) error { return r.set(&r.Outputs, c) }},
		"save-state":     {false, func(r *Runner, c Command, _ string) error { return r.set(&r.State, c) }},
		"stop-commands":  {true, (*Runner).stop},
	}
}

// addMask masks a value and each of its lines, because the log is masked line by
// line. There is no minimum length: a line `{` masks every `{`.
func (r *Runner) addMask(c Command, _ string) error {
	if strings.TrimFunc(c.Data, unicode.IsSpace) == "" {
		r.warn("cannot add a mask for an empty string")
		return nil
	}
	if r.echo {
		r.output("::add-mask::***")
	}
	values := []string{c.Data}
	for _, line := range strings.FieldsFunc(c.Data, func(c rune) bool { return c == '\r' || c == '\n' }) {
		values = append(values, strings.TrimFunc(line, unicode.IsSpace))
	}
	return r.hide(values...)
}

func (r *Runner) hide(values ...string) error {
	for _, v := range values {
		if err := r.masks().add(v); err != nil {
			return err
		}
		r.Masks = r.masks().added
	}
	return nil
}

func annotate(r *Runner, c Command, _ string) error {
	p := c.Properties
	r.issue(Annotation{
		Level: c.Name, Message: c.Data,
		Title: p["title"], File: p["file"],
		Line: p["line"], EndLine: p["endline"], Col: p["col"], EndColumn: p["endcolumn"],
	})
	return nil
}

func (r *Runner) setEcho(c Command, _ string) error {
	value := strings.TrimFunc(c.Data, unicode.IsSpace)
	on := sameName(value, "on")
	if !on && !sameName(value, "off") {
		return fmt.Errorf("echo is on or off, not '%s'", c.Data)
	}
	r.echo = on
	return nil
}

// disabled is a command that works only with ACTIONS_ALLOW_UNSECURE_COMMANDS.
func disabled(_ *Runner, c Command, _ string) error {
	return fmt.Errorf("the command %s is disabled", c.Name)
}

// set is set-output and save-state, which are deprecated but still work.
func (r *Runner) set(into *map[string]string, c Command) error {
	name := c.Properties["name"]
	if name == "" {
		return fmt.Errorf("the property name of %s is missing", c.Name)
	}
	if *into == nil {
		*into = map[string]string{}
	}
	(*into)[name] = c.Data
	r.warn("the command " + c.Name + " is deprecated")
	return nil
}

// secretToken is the length from which the token that resumes commands is masked.
const secretToken = 7

// stop makes every command an ordinary line until `::token::` or `##[token]`.
func (r *Runner) stop(c Command, line string) error {
	if c.Data == "" || r.registered(c.Data) || sameName(c.Data, "pause-logging") {
		return errors.New("the token may not be empty, 'pause-logging' or a command")
	}
	r.stopped = c.Data
	var err error
	if length(c.Data) >= secretToken {
		err = r.hide(c.Data)
	}
	r.output(line)
	return err
}
