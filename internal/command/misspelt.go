package command

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

const prefix = "AZSTEP_"

// ownVariables lists azstep's variables that are not inputs. Installers and CI
// images set VERSION to choose a release.
func ownVariables() []string {
	return []string{"HOST", "STATE_FILE", "TOKEN", "DEBUG", "LOGIN_METHOD", "VERSION"}
}

// misspelt finds variables that look like inputs but are not: the value that the
// user meant to set would be ignored silently. If the host declares the inputs,
// variables are not checked. own are the structs of this run's inputs: most runs have
// no others, and need no list of all operations' inputs.
func (p *Process) misspelt(h *host.Host, own ...any) (problems []error) {
	if h.ActionMode() || h.Task() {
		return nil
	}
	var inputs []string
	for _, dst := range own {
		inputs = append(inputs, variablesOf(input.Names(dst))...)
	}
	all := sync.OnceValue(inputVariables)
	for _, key := range slices.Sorted(maps.Keys(p.Env)) {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || !input.IsSet(p.Env[key]) || isOwn(name) || slices.Contains(inputs, name) || slices.Contains(all(), name) || isOutput(h, name) {
			continue
		}
		problems = append(problems, unknownVariable(key))
	}
	return problems
}

func isOwn(name string) bool {
	return strings.HasPrefix(name, "LEASE_") || slices.Contains(ownVariables(), name)
}

// isOutput reports whether this host makes AZSTEP_<name> of an output that an
// earlier step wrote.
func isOutput(h *host.Host, name string) bool {
	return h.Kind() == host.AzurePipelines && slices.Contains(outputVariables(), name)
}

func inputVariables() []string { return variablesOf(steps.Inputs()) }

// variablesOf returns the inputs' names as they follow AZSTEP_.
func variablesOf(inputs []string) []string {
	names := make([]string, len(inputs))
	for i, name := range inputs {
		names[i] = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	}
	return names
}

// outputVariables lists the names, after AZSTEP_, under which later steps see the
// outputs of a step called azstep (azure-pipelines-agent VarUtil.cs).
func outputVariables() []string {
	var names []string
	for _, name := range steps.AllOutputs() {
		names = append(names, strings.ToUpper(input.CamelCase(name)))
	}
	return names
}

func unknownVariable(key string) error {
	best, ok := input.Nearest(strings.TrimPrefix(key, prefix), slices.Concat(inputVariables(), ownVariables()))
	if !ok {
		return fault.Input(key, "unset "+key+"; `azstep help OPERATION` lists the inputs", "%s is not an input of azstep", key)
	}
	best = prefix + best
	return fault.Input(key, "rename "+key+" to "+best+", or unset it; `azstep help OPERATION` lists the inputs",
		"%s is not an input of azstep: did you mean %s?", key, best)
}
