package input

import (
	"strings"
)

// Style is how users write the name of an input where they set it.
type Style int

// The styles, with the input resource-type as an example.
const (
	With  Style = iota // resource-type: `with:` of a GitHub action
	Env                // AZSTEP_RESOURCE_TYPE: `env:` of a step
	Shell              // AZSTEP_RESOURCE_TYPE: a shell, where it is exported
	Camel              // resourceType: `inputs:` of the task of Azure Pipelines
)

// Name returns the input's name, given in kebab case, as the user writes it.
func (s Style) Name(name string) string {
	switch s {
	case Env, Shell:
		return "AZSTEP_" + snake(name)
	case Camel:
		return CamelCase(name)
	}
	return name
}

// output returns an output's name, given in kebab case. A step that sets variables may
// run on either CI host, and keeps it.
func (s Style) output(name string) string {
	if s == Shell || s == Camel {
		return CamelCase(name)
	}
	return name
}

// Setting returns an input with its value, ready to copy.
func (s Style) Setting(name, value string) string {
	if s == Shell {
		return s.Name(name) + "=" + value
	}
	return s.Name(name) + ": " + value
}

// set tells the user to set an input.
func (s Style) set(name string) string {
	switch s {
	case Shell:
		return "export " + s.Name(name) + "=…"
	case Env:
		return "set " + s.Name(name)
	}
	return "set the input " + s.Name(name)
}

// noun returns the input as part of a sentence.
func (s Style) noun(name string) string {
	if s == Env || s == Shell {
		return s.Name(name)
	}
	return "the input " + s.Name(name)
}

func snake(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }

// CamelCase converts a kebab-case name to camel case, as in Azure Pipelines and
// JSON.
func CamelCase(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words[1:] {
		if word != "" {
			words[i+1] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}
