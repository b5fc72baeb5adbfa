package command

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

// step runs the operation that the command line or the input names.
func (p *Process) step(ctx context.Context, h *host.Host, words []string) error {
	op, err := p.operation(h, words, nil)
	if err != nil {
		return fault.Join(append(p.misspelt(h), err))
	}
	r, err := p.prepare(ctx, h, op)
	if err != nil {
		return err
	}
	defer r.close()
	if r.unasked != "" {
		_, err := r.deliver(steps.Result{Done: "dry run: " + r.unasked}, nil)
		return err
	}
	return r.run(ctx, r.publish)
}

// operation finds the operation. In action mode the arguments come from a workflow's
// `with: args:`, which may only repeat the input. want selects the operations that
// are allowed here; nil means all.
func (p *Process) operation(h *host.Host, words []string, want func(steps.Operation) bool) (steps.Operation, error) {
	name, _ := p.source(h).Value("operation")
	given := strings.TrimSpace(first(words))
	op, known := steps.Find(given)
	switch {
	case given != "" && h.ActionMode() && given != name:
		return op, badUsage("the argument %s differs from the input operation, and a uses: step accepts no other arguments", input.Quote(given))
	case given != "" && !known && want == nil:
		return op, unknownWord(unknownOperation, given, append(operations(nil), commands()...))
	case len(words) > 1:
		return op, badUsage("unexpected argument %s: azstep accepts one operation, and reads its inputs from the environment", input.Quote(words[1]))
	case given != "":
		name = given
	}
	names := operations(want)
	if h.Task() {
		names = append(names, Setup)
	}
	if name == "" {
		return op, fault.Input("operation", "choose one of "+listed(names), "operation is required")
	}
	if op, known = steps.Find(name); !known {
		return op, unknownWord(unknownOperation, name, names)
	}
	return op, nil
}

// operations lists the names of the operations that want selects; nil means all.
func operations(want func(steps.Operation) bool) (names []string) {
	for _, op := range steps.All() {
		if want == nil || want(op) {
			names = append(names, op.Name)
		}
	}
	return names
}

func mints(op steps.Operation) bool { return op.Mints }

func listed(words []string) string { return strings.Join(words, ", ") }

const unknownOperation = "unknown operation %s"

// unknownWord reports a word on the command line, or an input operation, that is not
// allowed.
func unknownWord(format, word string, known []string) error {
	wrong := fault.Input("operation", "", format, input.Quote(word))
	if best, ok := input.Nearest(word, known); ok {
		_ = wrong.With("did you mean " + best + "?")
	}
	return wrong.With("choose one of " + listed(known))
}

// unseen refuses to mint a secret that would be lost: azstep shows no secret on a
// terminal.
func unseen(operation string) error {
	return fault.New(fault.InvalidInput, "%s: stdout is a terminal, and azstep does not print secrets on a terminal; nothing was sent", operation).With(
		"run a command with the token: azstep exec "+operation+" -- COMMAND",
		"or pipe or redirect stdout: azstep "+operation+" | jq -r .token")
}

// unmasked refuses to print a secret into a log in which it cannot be masked.
func unmasked(operation, system string) error {
	return fault.New(fault.InvalidInput, "%s: %s cannot hide a new secret in its log, so azstep does not print one; nothing was sent", operation, system).With(
		"run a command with the token, and azstep hides it in the command's output: azstep exec "+operation+" -- COMMAND",
		"recipes for each CI system: "+pages+"recipes-other-ci.md")
}

// badUsage reports an invalid command line, independent of the operation.
func badUsage(format string, args ...any) error {
	return fault.New(fault.InvalidInput, format, args...).With("`azstep help` shows the usage")
}

func (p *Process) source(h *host.Host) *input.Source {
	return input.NewSource(p.Env, h.ActionMode() || h.Task(), h.Kind() == host.AzurePipelines)
}
