// Package child runs one command as if azstep were not there: the command gets the
// environment, stdin, directory and signals that it would have had, and its exit
// code is returned to the caller. Only its stdout and stderr pass through functions
// of the caller, which may change them.
//
// The package does not know what it runs or why: no credential, no host, no log. It
// never writes to a stream itself and never reads the environment of its own
// process.
//
// The command stays in the caller's process group, so that job control and the
// keyboard of a terminal work as usual. If the caller's stdin and stdout are a
// terminal, the command gets its own pseudo-terminal in its own session instead, see
// [Terminal].
//
// As PID 1 of a container, where the kernel makes every orphan our child, Run reaps
// them all. A caller that runs as PID 1 must therefore not wait for other processes
// while Run is active.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"time"
)

// DefaultWaitDelay is used if a Command does not set WaitDelay. It is well under the
// ten seconds that `docker stop` and a cancelled job of GitHub Actions leave between
// the first signal and SIGKILL, so that the caller has time left to clean up.
const DefaultWaitDelay = 5 * time.Second

// ownFailure is the exit code for an error of azstep's own.
const ownFailure = 1

// Command is the command to run. It can be run once.
type Command struct {
	// Args is the command with its arguments. Args[0] is a path if it contains a
	// separator; otherwise it is looked up in the PATH of Env.
	Args []string
	// Env is the complete environment of the command; nil means empty.
	Env []string
	// Dir is the command's working directory; "" means the caller's.
	Dir string
	// Stdin is what the command reads; nil means the null device. An *os.File is
	// passed on directly. Any other reader is copied by a goroutine that Run does
	// not wait for, because nothing can interrupt its Read.
	Stdin io.Reader
	// Stdout and Stderr each read one stream of the command to its end,
	// concurrently, each in its own goroutine; nil means the null device. When one
	// returns, its pipe is closed: a command that continues to write gets SIGPIPE or
	// EPIPE, as if the reader had gone away. Run ignores the returned error; the
	// function must keep it itself.
	Stdout, Stderr func(io.Reader) error
	// Signals are passed on until the command has ended, if [Forwarded] lists them,
	// except those from the keyboard of a terminal, which the command has already
	// received. If it is nil, no signals are passed on.
	Signals <-chan os.Signal
	// Terminal describes the caller's streams if some are a terminal. Windows does
	// not use it.
	Terminal *Terminal
	// Self is the path of the caller's own program and its Args[0], for helpers on a
	// terminal: the program must call [Assist] before anything else. Without it, the
	// command stays in the caller's session, and SIGINT is not passed on if it may
	// have come from the keyboard.
	Self []string
	// WaitDelay limits two waits, as in os/exec: for the command to end after the
	// context has ended, and for streams that child processes keep open after the
	// command has ended. Zero means DefaultWaitDelay.
	WaitDelay time.Duration
}

// NotStarted is the error if a command could not be started, with the exit code that
// POSIX defines (XCU 2.8.2): 127 if it was not found, 126 if it was found and cannot
// be executed.
type NotStarted struct {
	Exit int
	Err  error
}

func (e *NotStarted) Error() string { return e.Err.Error() }
func (e *NotStarted) Unwrap() error { return e.Err }

const (
	exitCannotExecute = 126
	exitNotFound      = 127
	exitSignalled     = 128 // plus the number of the signal
)

// Run runs the command to its end and returns its exit code, or 128+n if signal n
// killed it. An error is azstep's own failure or a *NotStarted, never a failure of
// the command. The exit code is valid with an error, too.
//
// When ctx ends, the command gets SIGTERM (on Windows it is killed), and after
// WaitDelay SIGKILL. Everything that the command wrote before it ended is read by
// Stdout and Stderr, however slow they are. Only if ctx has ended does Run return
// without one that is still reading after another WaitDelay.
func (c *Command) Run(ctx context.Context) (exit int, err error) {
	if len(c.Args) == 0 {
		return ownFailure, errNoCommand
	}
	if ctx.Err() != nil {
		return ownFailure, fmt.Errorf("start %s: %w", c.Args[0], context.Cause(ctx))
	}
	if err := c.enter(); err != nil {
		return ownFailure, err
	}
	path, err := c.look()
	if err != nil {
		return exitOf(err), err
	}
	env := append([]string{}, c.Env...) // never nil, which os/exec takes for ours
	cmd := &exec.Cmd{Path: path, Args: c.Args, Env: env, Dir: c.Dir}
	streams, err := c.connect(cmd)
	if err != nil {
		return ownFailure, fmt.Errorf("open pipes for %s: %w", c.Args[0], err)
	}
	p, err := c.start(cmd, streams.terminal)
	streams.started(err == nil)
	if err != nil {
		err = refused(c.Args[0], err)
		return exitOf(err), err
	}
	exit, err = c.attend(ctx, p)
	streams.finish(ctx, c.delay())
	return exit, errors.Join(err, streams.failure())
}

// process is a started command.
type process interface {
	// pass passes a signal on. It is not an error if the process has already ended,
	// because attend is about to learn that.
	pass(os.Signal)
	terminate()
	kill()
	// wait waits for the end and returns the exit code.
	wait() (int, error)
}

// attend passes signals on until the process has ended.
func (c *Command) attend(ctx context.Context, p process) (exit int, err error) {
	type end struct {
		exit int
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		exit, err := p.wait()
		ended <- end{exit, err}
	}()
	signals, stop := c.Signals, ctx.Done()
	var kill <-chan time.Time
	for {
		select {
		case e := <-ended:
			return e.exit, e.err
		case s, open := <-signals:
			if !open {
				signals = nil
				continue
			}
			if slices.Contains(Forwarded(), s) {
				p.pass(s)
			}
		case <-stop:
			stop, kill = nil, time.After(c.delay())
			p.terminate()
		case <-kill:
			p.kill()
		}
	}
}

func (c *Command) delay() time.Duration {
	if c.WaitDelay > 0 {
		return c.WaitDelay
	}
	return DefaultWaitDelay
}

// enter checks that the command can use its directory. A missing directory is the
// caller's error, and when a process is started, it cannot be distinguished from a
// missing file.
func (c *Command) enter() error {
	if c.Dir == "" {
		return nil
	}
	info, err := os.Stat(c.Dir)
	if err == nil && !info.IsDir() {
		err = errors.New("not a directory")
	}
	if err != nil {
		return fmt.Errorf("enter the directory of %s: %w", c.Args[0], err)
	}
	return nil
}

// refused interprets an error of starting a process, with the exit codes of env(1).
func refused(name string, err error) error {
	if ns := (*NotStarted)(nil); errors.As(err, &ns) {
		return err
	}
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = at.Err // the rest of it repeats the name
	}
	err = fmt.Errorf("start %s: %w", name, err)
	if errors.Is(err, os.ErrNotExist) {
		return &NotStarted{exitNotFound, err}
	}
	return &NotStarted{exitCannotExecute, err}
}

func exitOf(err error) int {
	if ns := (*NotStarted)(nil); errors.As(err, &ns) {
		return ns.Exit
	}
	return ownFailure
}
