package hosttest

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
)

// taskCommand is a command of the area task. restricted is the attribute
// AllowedInRestrictedMode.
type taskCommand struct {
	restricted bool
	run        func(a *Agent, c Command) error
}

// taskCommands are the commands in TaskCommandExtension.cs of azure-pipelines-agent.
// Progress and timeline details have no effect. There are no service connections
// whose endpoint could be set.
func taskCommands() map[string]taskCommand {
	seen := func(*Agent, Command) error { return nil }
	return map[string]taskCommand{
		"addattachment":   {false, (*Agent).addAttachment},
		"complete":        {true, (*Agent).complete},
		"debug":           {true, func(a *Agent, c Command) error { a.debug(c.Data); return nil }},
		"issue":           {true, (*Agent).logIssue},
		"logdetail":       {true, seen},
		"logissue":        {true, (*Agent).logIssue},
		"prependpath":     {true, (*Agent).prependPath},
		"setendpoint":     {false, (*Agent).setEndpoint},
		"setprogress":     {true, seen},
		"setsecret":       {true, func(a *Agent, c Command) error { a.hide(c.Data); return nil }},
		"settaskvariable": {true, (*Agent).setTaskVariable},
		"setvariable":     {true, (*Agent).setVariable},
		"uploadfile":      {false, upload("Distributedtask.Core.FileAttachment")},
		"uploadsummary":   {false, upload(summaryType)},
	}
}

func (a *Agent) setVariable(c Command) error {
	v, err := a.variable(c)
	if err != nil {
		return err
	}
	if !a.settable(v.Name) {
		a.warn("setting the variable " + v.Name + " is not permitted here")
		return nil
	}
	if v.Secret {
		a.hide(escapeLogging(v.Value)) // as written in the command
	}
	if v = a.set(v); v.Secret {
		a.hide(v.Value)
	}
	return nil
}

// settable is TaskRestrictionExtension.IsSetVariableAllowed: the name matches one of
// the patterns in any case. It implements the parts of minimatch that task.json
// uses: *, lists in braces, and a leading ! that inverts the pattern.
func (a *Agent) settable(name string) bool {
	return a.Settable == nil || slices.ContainsFunc(a.Settable, func(pattern string) bool {
		pattern, negated := strings.CutPrefix(strings.ToUpper(pattern), "!")
		list := strings.Split(strings.Trim(pattern, "{}"), ",")
		fits := slices.ContainsFunc(list, func(one string) bool {
			matched, err := path.Match(one, strings.ToUpper(name))
			return err == nil && matched
		})
		return fits != negated
	})
}

// set stores a variable in place of the one with the same name, and returns it with
// what it inherits: a secret stays secret, and a read-only variable stays read-only.
func (a *Agent) set(v Variable) Variable {
	i := slices.IndexFunc(a.Variables, func(old Variable) bool { return sameName(old.Name, v.Name) && old.Output == v.Output })
	if i < 0 {
		a.Variables = append(a.Variables, v)
		return v
	}
	old := a.Variables[i]
	if old.ReadOnly && !v.Output {
		a.warn("the variable " + v.Name + " is read-only") // but is set anyway
	}
	v.Secret, v.ReadOnly = v.Secret || old.Secret, v.ReadOnly || old.ReadOnly
	a.Variables[i] = v
	return v
}

// variable parses what setvariable and settaskvariable have in common.
func (a *Agent) variable(c Command) (Variable, error) {
	p := c.Properties
	v := Variable{
		Name: p["variable"], Value: c.Data,
		Secret: parseBool(p["issecret"]), Output: parseBool(p["isoutput"]), ReadOnly: parseBool(p["isreadonly"]),
	}
	if v.Name == "" {
		return v, errors.New("the property variable is missing")
	}
	if v.Secret && strings.Contains(v.Value, "\n") && !a.MultilineSecrets {
		return v, errors.New("a secret may not have several lines")
	}
	return v, nil
}

func (a *Agent) setTaskVariable(c Command) error {
	v, err := a.variable(c)
	if err != nil {
		return err
	}
	if v.Secret {
		a.hide(v.Value)
	}
	if a.TaskVariables == nil {
		a.TaskVariables = map[string]string{}
	}
	a.TaskVariables[v.Name] = v.Value
	return nil
}

func (a *Agent) logIssue(c Command) error {
	p := c.Properties
	kind, ok := p["type"]
	if !ok {
		a.warn("cannot create an issue without a type")
		return nil
	}
	if !sameName(kind, "error") && !sameName(kind, "warning") {
		return fmt.Errorf("no issue type %s", kind)
	}
	i := Issue{
		Type: strings.ToLower(kind), Message: c.Data,
		SourcePath: p["sourcepath"], Line: p["linenumber"], Column: p["columnnumber"], Code: p["code"],
	}
	if i.SourcePath != "" {
		i.Message = fmt.Sprintf("%s(%s,%s): %s %s: %s", i.SourcePath, i.Line, i.Column, kind, i.Code, c.Data)
	}
	a.issue(i)
	return nil
}

// results are the names of TaskResult from good to bad (TaskResultUtil.cs,
// MergeTaskResults). Enum.TryParse compares them with case.
func results() []string {
	return []string{"Succeeded", "SucceededWithIssues", "Failed", "Canceled", "Skipped", "Abandoned"}
}

func (a *Agent) complete(c Command) error {
	name := strings.TrimFunc(c.Properties["result"], unicode.IsSpace)
	result := slices.Index(results(), name)
	if result < 0 {
		return fmt.Errorf("no result '%s'", name)
	}
	if result > slices.Index(results(), a.Result) {
		a.Result = name
	}
	a.Failed = a.Failed || name == "Failed"
	return nil
}

// summaryType is the type of an attachment that the page of the run shows.
const summaryType = "Distributedtask.Core.Summary"

// upload records a file for upload. The agent reads it some time after the command,
// so it must not be deleted, and its path must be valid for the agent.
func upload(kind string) func(*Agent, Command) error {
	return func(a *Agent, c Command) error { return a.attach(kind, path.Base(c.Data), c.Data) }
}

func (a *Agent) addAttachment(c Command) error {
	kind, name := c.Properties["type"], c.Properties["name"]
	if kind == "" || name == "" || strings.ContainsAny(kind+name, "/\x00") {
		return errors.New("type or name of the attachment is missing or is no file name")
	}
	return a.attach(kind, name, c.Data)
}

func (a *Agent) attach(kind, name, file string) error {
	if file == "" || !a.sees(file) {
		return fmt.Errorf("no file '%s' to upload", file)
	}
	a.Attachments = append(a.Attachments, Attachment{kind, name, file})
	if sameName(kind, summaryType) {
		a.Summaries = append(a.Summaries, file)
	}
	return nil
}

func (a *Agent) prependPath(c Command) error {
	if c.Data == "" {
		return errors.New("the path is missing")
	}
	if !a.settable("PATH") {
		a.warn("setting the variable PATH is not permitted here")
		return nil
	}
	a.PrependPath = append([]string{c.Data}, a.PrependPath...)
	return nil
}

// setEndpoint finds no endpoint, but masks the value.
func (a *Agent) setEndpoint(c Command) error {
	if sameName(c.Properties["field"], "authParameter") {
		a.hide(c.Data)
	}
	return errors.New("no such endpoint")
}
