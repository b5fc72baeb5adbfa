// Command azstep gets short-lived Azure DevOps and IoT Central credentials for
// one CI job, and makes sure of teams and pipeline permissions. It runs as a
// GitHub action, as a step of Azure Pipelines, and on a laptop.
package main

import (
	"context"
	_ "embed"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/fault"

	"golang.org/x/term"
)

//go:embed action.yml
var manifest []byte

// version is set by the release build; a build from source knows its commit.
var version = ""

func main() {
	os.Exit(run())
}

// memory is where the garbage collector begins to work hard. What azstep reads
// is capped, but a large answer leaves several times its size behind.
const memory = 40 << 20

func run() int {
	dir, _ := os.Getwd() // without one, relative paths are refused
	p := command.Process{
		Args: os.Args, Env: environment(os.Environ()), Dir: dir, PID: os.Getpid(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdoutIsTerminal: term.IsTerminal(int(os.Stdout.Fd())), StdoutLost: stdoutLost(),
		Manifest: manifest, Version: build(), Ends: true,
		Begin: begin,
	}
	return p.Run(context.Background())
}

// begin makes the process ready for work, which `version` and `help` are not. The
// context ends at the first signal that ends a process, with what the exit code
// must be as its cause; all of them are passed on for `exec`.
func begin(ctx context.Context) command.Begun {
	ctx, cancel := context.WithCancelCause(ctx)
	forward, ready := make(chan os.Signal, 4), make(chan struct{})
	go func() {
		caught := make(chan os.Signal, 8)
		// SIGPIPE is caught, not ignored (a child would inherit that), so that a
		// closed stdout is a write error and what was minted is revoked.
		signal.Notify(caught, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
		close(ready)
		listen(caught, cancel, forward)
	}()
	debug.SetMemoryLimit(memory)
	return command.Begun{Context: ctx, Signals: forward, Ready: ready}
}

func listen(caught <-chan os.Signal, cancel context.CancelCauseFunc, forward chan<- os.Signal) {
	for s := range caught {
		if s == syscall.SIGPIPE {
			continue
		}
		cancel(stopped(s))
		select {
		case forward <- s:
		default: // nobody listens, and four are enough
		}
	}
}

// stopped is why the process ends: its exit code is 128 and the signal's number.
func stopped(s os.Signal) *fault.Error {
	name, exit := "SIGTERM", 143
	switch s {
	case os.Interrupt:
		name, exit = "SIGINT", 130
	case syscall.SIGHUP:
		name, exit = "SIGHUP", 129
	}
	e := fault.New(fault.Cancelled, "told to stop by %s", name)
	e.Exit = exit
	return e
}

func environment(environ []string) map[string]string {
	env := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	return env
}

func build() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
