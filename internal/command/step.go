package command

import (
	"context"
	"fmt"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

// step runs the operation that the command line or the input names.
func (p *Process) step(ctx context.Context, h *host.Host, words []string) error {
	op, err := p.operation(h, words)
	if err != nil {
		return err
	}
	r, err := p.prepare(ctx, h, op)
	if err != nil {
		return err
	}
	defer r.close()
	return r.run(ctx, r.publish)
}

// operation finds the operation. In action mode the arguments are what a
// workflow's `with: args:` says, which may repeat the input and nothing else.
func (p *Process) operation(h *host.Host, words []string) (steps.Operation, error) {
	name, _ := p.source(h).Value("operation")
	given := strings.TrimSpace(first(words))
	switch {
	case len(words) > 1:
		return steps.Operation{}, badUsage("unexpected argument %s: azstep takes one operation, and its inputs from the environment", input.Quote(words[1]))
	case given != "" && h.ActionMode() && given != name:
		return steps.Operation{}, badUsage("the argument %s is not the input operation: a uses: step takes no arguments", input.Quote(given))
	case given != "":
		name = given
	}
	if name == "" {
		return steps.Operation{}, badOperation("operation is required")
	}
	op, ok := steps.Find(name)
	if !ok {
		return op, badOperation("operation: %s is unknown", input.Quote(name))
	}
	return op, nil
}

// unseen refuses to mint what nobody would get: a terminal shows no secret.
func unseen(operation string) error {
	return fault.New(fault.InvalidInput, "%s: stdout is a terminal, and azstep shows no secret there; nothing was sent", operation).With(
		"run a command with the token: azstep exec "+operation+" -- COMMAND",
		"or pipe or redirect stdout: azstep "+operation+" | jq -r .token")
}

func badOperation(format string, args ...any) error {
	var names []string
	for _, o := range steps.All() {
		names = append(names, o.Name)
	}
	return fault.Input("operation", "operation: one of "+strings.Join(names, ", "), "%s", fmt.Sprintf(format, args...))
}

// badUsage is about a command line that is wrong in whatever operation.
func badUsage(format string, args ...any) error {
	return fault.New(fault.InvalidInput, format, args...).With("`azstep help` shows how azstep is called")
}

func (p *Process) source(h *host.Host) *input.Source {
	return input.NewSource(p.Env, h.ActionMode() || h.Task(), h.Kind() == host.AzurePipelines)
}
