package main

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/task"
)

// The groups of inputs in the editor. An input outside these groups belongs to its
// operation, and is at the top.
const (
	groupSignIn = "signIn"
	groupRun    = "run"
)

func taskGroups() []group {
	return []group{{groupSignIn, "Sign in", false}, {groupRun, "Run and report", false}}
}

// taskInputs returns the inputs in action.yml: first the operation, then those for
// authentication, then those of some operations, and finally those of all
// operations.
func (f *facts) taskInputs() []taskInput {
	all := []taskInput{f.operationInput()}
	all = append(all, connections()...)
	for _, d := range f.inputs {
		if d.name != "operation" && f.group(d.name) == "" {
			all = append(all, f.taskInput(d))
		}
	}
	for _, group := range []string{groupSignIn, groupRun} {
		for _, d := range f.inputs {
			if f.group(d.name) == group {
				all = append(all, f.taskInput(d))
			}
		}
	}
	return all
}

func (f *facts) operationInput() taskInput {
	text := f.text("operation")
	if i := strings.Index(text, ":"); i > 0 {
		text = text[:i] + ":"
	}
	return taskInput{
		Name: "operation", Type: "pickList", Label: "Operation", Required: true, Options: f.operationNames(),
		HelpMarkDown: strings.TrimSuffix(text, ":") + ": `" + strings.Join(f.operationNames(), "`, `") + "`. `setup` puts `azstep` on the PATH of later steps.",
	}
}

// connections returns the two inputs that action.yml does not have.
func connections() []taskInput {
	return []taskInput{
		{
			Name: input.CamelCase(task.AzureSubscription), Type: "connectedService:AzureRM", Label: "Azure Resource Manager connection",
			HelpMarkDown: "Service connection to sign in as. With workload identity federation nothing is stored. Naming it here is all that it takes.",
		},
		{
			Name: input.CamelCase(task.AzureDevOpsConnection), Type: "connectedService:WorkloadIdentityUser", Label: "Azure DevOps connection",
			HelpMarkDown: "Service connection of the type Azure DevOps to sign in as, instead of azureSubscription.",
		},
	}
}

func (f *facts) taskInput(d described) taskInput {
	kind, options := f.control(d.name)
	take, require := f.takers(d.name)
	in := taskInput{
		Name: input.CamelCase(d.name), Type: kind, Label: label(d.name), DefaultValue: d.value, GroupName: f.group(d.name),
		Options: options, HelpMarkDown: f.inCamel(d.text),
	}
	if d.name == "auth" { // its values are also names of inputs, and stay unchanged
		in.HelpMarkDown = d.text
	}
	if len(take) > 0 {
		in.VisibleRule = "operation = " + strings.Join(take, " || operation = ")
		// The agent's own variables are used for the other required inputs.
		in.Required = slices.Equal(take, require) && d.name != "organization" && d.name != "project"
	}
	return in
}

// group returns the group of an input: none if it belongs to an operation.
func (f *facts) group(name string) string {
	signIn := []string{
		"credential", "auth", "tenant-id", "client-id", "client-secret", "refresh-token", "assertion", "assertion-file",
		"audience", "service-connection-id", "authority-host", "trusted-hosts",
	}
	switch common := input.Names(new(steps.Common)); {
	case slices.Contains(signIn, name):
		return groupSignIn
	case slices.Contains(common, name):
		return groupRun
	}
	return ""
}

// control returns the editor's control for an input, with the values of a list.
func (f *facts) control(name string) (kind string, options values) {
	switch {
	case name == "open-access":
		return "pickList", values{"allowed", "forbidden"}
	case name == "auth" || name == "resource-type":
		return "pickList", listed(f.text(name))
	case isBool(name):
		return "boolean", nil
	case slices.Contains([]string{"roles", "policy", "pipelines", "display-name", "ca-file", "report-file", "authorization-id"}, name):
		return "multiLine", nil
	}
	return "string", nil
}

// listed returns the values that a description lists after its colon.
func listed(text string) (all values) {
	_, rest, _ := strings.Cut(text, ": ")
	rest, _, _ = strings.Cut(rest, ". ")
	for value := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		value = strings.Trim(value, "`.")
		if value != "" && value != "or" && value != "and" {
			all = append(all, value)
		}
	}
	return all
}

// isBool reports whether an input is either true or false.
func isBool(name string) bool {
	structs := []any{new(steps.Common)}
	for _, op := range steps.All() {
		structs = append(structs, op.New())
	}
	return slices.ContainsFunc(structs, func(s any) bool { return hasBool(reflect.TypeOf(s).Elem(), name) })
}

func hasBool(t reflect.Type, name string) bool {
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct && hasBool(field.Type, name) {
			return true
		}
		key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if field.Type == reflect.TypeFor[input.Bool]() && strings.EqualFold(strings.ReplaceAll(key, "_", "-"), name) {
			return true
		}
	}
	return false
}

// label returns the input's name as the editor shows it, in words.
func label(name string) string {
	words := strings.Split(name, "-")
	known := map[string]string{"id": "ID", "ca": "CA", "pat": "PAT", "orgs": "organizations", "env": "environment variable", "iot": "IoT"}
	for i, word := range words {
		if known[word] != "" {
			words[i] = known[word]
		}
	}
	text := []rune(strings.Join(words, " "))
	text[0] = unicode.ToUpper(text[0])
	return string(text)
}

// text returns the description of an input.
func (f *facts) text(name string) string {
	i := slices.IndexFunc(f.inputs, func(d described) bool { return d.name == name })
	if i < 0 {
		return ""
	}
	return f.inputs[i].text
}
