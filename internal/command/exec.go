package command

import (
	"context"
	"slices"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
)

// exec mints a token, runs a command with it, and revokes it. The exit code is that
// of the command, unless azstep itself failed.
func (p *Process) exec(ctx context.Context, words []string) int {
	exit := 0
	code := p.onHost(ctx, true, func(ctx context.Context, h *host.Host) error {
		e, err := p.prepareExec(ctx, h, words)
		if err != nil {
			return err
		}
		defer e.close()
		err = e.finish(e.run(ctx, e.deliver(ctx)))
		exit = e.exit
		return err
	})
	if exit != 0 {
		return exit
	}
	return code
}

// prepareExec is prepare for a command. It looks for the command before anything is
// sent.
func (p *Process) prepareExec(ctx context.Context, h *host.Host, words []string) (*execution, error) {
	before, command, err := split(h, words)
	if err != nil {
		return nil, err
	}
	op, err := p.operation(h, before, mints)
	if err == nil && !op.Mints {
		err = fault.Input("operation", "choose one of "+listed(operations(mints)), "exec: the operation %s does not create a token for a command", op.Name)
	}
	if err != nil {
		return nil, fault.Join(append(p.misspelt(h), err))
	}
	r, wrong := p.prepare(ctx, h, op)
	if wrong == nil {
		r.exec = true
	}
	e := &execution{running: r, command: child.Command{Args: command, Env: input.Inherited(p.Env)}, ended: make(chan struct{})}
	if err := e.command.Find(); err != nil {
		missing := unstarted(err)
		if wrong != nil {
			return nil, fault.Join([]error{wrong, missing})
		}
		e.close()
		return nil, missing
	}
	if wrong != nil {
		return nil, wrong
	}
	return e, nil
}

// split splits the command line at --.
func split(h *host.Host, words []string) (before, command []string, err error) {
	at := slices.Index(words, "--")
	switch {
	case h.ActionMode():
		return nil, nil, badUsage("exec: a uses: step cannot run a command; use `azstep exec` in a run: step")
	case at < 0:
		return nil, nil, badUsage("exec: -- is missing before the command: azstep exec [OPERATION] -- COMMAND [ARG...]")
	case at == len(words)-1:
		return nil, nil, badUsage("exec: there is no command after --: azstep exec [OPERATION] -- COMMAND [ARG...]")
	}
	return words[:at], words[at+1:], nil
}
