package command

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/steps"
)

// patience is how long the command may continue with its token after azstep was told
// to stop. The token is then revoked, at most five seconds after the signal, because
// CI hosts kill a step seven to ten seconds after theirs.
const patience = 2500 * time.Millisecond

// execution is exec's command, from before the mint until after the revocation.
type execution struct {
	*running
	command child.Command

	started bool
	ended   chan struct{} // closed when the command has ended
	exit    int           // exit code of the command, once it has ended
	err     error         // why it could not run
	outlast bool          // it continued although azstep was told to stop
	lost    unwritten     // of its output
}

// deliver runs the command with the token. It returns when the command has ended, or
// when azstep was told to stop and the command continues; after that, the token is
// revoked. The command does not end with the context, nor with azstep's own
// deadline.
func (e *execution) deliver(stopped context.Context) delivery {
	return func(_ context.Context, result steps.Result) (keep bool, err error) {
		if err := e.host.Publish(e.refreshToken()); err != nil {
			e.lostRefreshToken(err)
		}
		e.refreshed = true
		e.host.Infof("%s", result.Done)
		if result.Token == "" { // a dry run
			return false, nil
		}
		e.started = true
		go e.start(result.Token)
		select {
		case <-e.ended:
			return false, e.err
		case <-stopped.Done():
		}
		select {
		case <-e.ended:
			return false, e.err
		case <-time.After(patience):
			e.outlast = true
			return false, nil
		}
	}
}

// start runs the command to its end.
func (e *execution) start(token string) {
	defer close(e.ended)
	e.err = fault.Guard(func() (err error) {
		e.exit, err = e.outfit(token).Run(context.Background())
		return err
	})
	if e.err != nil {
		e.err = unstarted(e.err)
	}
}

// outfit returns the command with the token in its environment, azstep's streams
// behind the redactor, and the signals that azstep receives.
func (e *execution) outfit(token string) *child.Command {
	name := e.common.ExportEnv
	if name == "" {
		name = steps.ExecVariable
	}
	stdout, stderr := e.host.Streams()
	c, p := &e.command, e.process
	c.Env = append(c.Env, name+"="+token) // the last one counts
	c.Stdin, c.Stdout, c.Stderr = p.Stdin, e.redact(stdout), e.redact(stderr)
	c.Self, c.Terminal = p.Self, p.Terminal
	if p.forward != nil {
		c.Signals = p.forward()
	}
	if c.Terminal != nil {
		c.Terminal.Show = c.Stdout
		if c.Terminal.Stdout == nil {
			c.Terminal.Show = c.Stderr
		}
	}
	return c
}

func (e *execution) redact(to io.Writer) func(io.Reader) error {
	return func(from io.Reader) error { return e.process.masks.Copy(e.lost.watch(to), from) }
}

// finish waits for a command that ran longer than its token was valid, and reports
// its result.
func (e *execution) finish(err error) error {
	if !e.started {
		return err
	}
	if e.outlast {
		<-e.ended
	}
	switch lost := e.lost.first(); {
	case err != nil:
		return err
	case e.err != nil:
		return e.err
	case e.exit == 0 && lost != nil:
		return fault.New(fault.OutputFailed, "write the command's output: %w", lost)
	}
	return nil
}

// unstarted says why the command could not run.
func unstarted(err error) error {
	var no *child.NotStarted
	if !errors.As(err, &no) {
		return fault.New(fault.RequestRefused, "run the command: %w", err).With("the operating system reported this error")
	}
	wrong := fault.New(fault.InvalidInput, "%w", no).
		With("after --, name a program that is on PATH or a path to it, followed by its arguments; for a shell command line: sh -c 'LINE'")
	wrong.Exit = no.Exit
	return wrong
}
