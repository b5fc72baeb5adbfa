package command

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

// exec mints, runs a command with the token, and revokes. Its exit code is the
// command's, unless azstep itself failed.
func (p *Process) exec(ctx context.Context, words []string) int {
	exit := 0
	code := p.onHost(ctx, true, func(ctx context.Context, h *host.Host) error {
		before, command, err := split(h, words)
		if err != nil {
			return err
		}
		op, err := p.operation(h, before, mints)
		if err == nil && !op.Mints {
			err = fault.Input("operation", "name one of "+listed(operations(mints)), "exec: operation %s gets no token that a command could use", op.Name)
		}
		if err != nil {
			return fault.Join(append(p.misspelt(h), err))
		}
		r, err := p.prepare(ctx, h, op)
		if err != nil {
			return err
		}
		defer r.close()
		r.exec = true
		return r.run(ctx, func(_ context.Context, result steps.Result) (bool, error) {
			exit, err = r.child(ctx, command, result)
			return false, err
		})
	})
	if exit != 0 {
		return exit
	}
	return code
}

// split takes the command line apart at --.
func split(h *host.Host, words []string) (before, command []string, err error) {
	at := slices.Index(words, "--")
	switch {
	case h.ActionMode():
		return nil, nil, badUsage("exec: a uses: step takes no command; use exec in a run: step")
	case at < 0:
		return nil, nil, badUsage("exec: no -- stands before the command: azstep exec [OPERATION] -- COMMAND [ARG...]")
	case at == len(words)-1:
		return nil, nil, badUsage("exec: no command stands after --: azstep exec [OPERATION] -- COMMAND [ARG...]")
	}
	return words[:at], words[at+1:], nil
}

// child runs the command with the token in its environment. The signals that
// azstep gets are passed on; ctx does not end the command, nor does azstep's
// own deadline.
func (r *running) child(ctx context.Context, command []string, result steps.Result) (exit int, err error) {
	if err := r.host.Publish(r.refreshToken()); err != nil {
		return 0, err
	}
	r.refreshed = true
	r.host.Infof("%s", result.Done)
	if result.Token == "" { // a dry run
		return 0, nil
	}
	stdout, stderr := r.host.Streams()
	c := child.Command{
		Args: command, Env: r.environment(result.Token), Stdin: r.process.Stdin, Signals: r.process.signals,
		Stdout: r.redact(stdout), Stderr: r.redact(stderr),
	}
	exit, err = c.Run(context.WithoutCancel(ctx))
	var unstarted *child.NotStarted
	if errors.As(err, &unstarted) {
		wrong := fault.New(fault.InvalidInput, "%w", unstarted).With("after --, name a program that is on PATH or a path to it, and then its arguments; for a line of shell: sh -c 'LINE'")
		wrong.Exit = unstarted.Exit
		return 0, wrong
	}
	if err != nil {
		return exit, fault.New(fault.RequestRefused, "run the command: %w", err).With("this is the operating system's word; nothing was left alive")
	}
	return exit, nil
}

func (r *running) redact(to io.Writer) func(io.Reader) error {
	return func(from io.Reader) error { return r.process.masks.Copy(to, from) }
}

// environment is azstep's own without the inputs that hold secrets, and with
// the token.
func (r *running) environment(token string) []string {
	name := r.common.ExportEnv
	if name == "" {
		name = steps.ExecVariable
	}
	return append(input.Inherited(r.process.Env), name+"="+token) // the last one counts
}
