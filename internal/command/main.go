package command

import (
	"context"
	"maps"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/azstep/azstep/internal/fault"

	"golang.org/x/term"
)

// memory is where the garbage collector begins to work hard. What azstep reads
// is capped, but a large answer leaves several times its size behind.
const memory = 40 << 20

// Main runs the program with what the operating system gives it, and returns its
// exit code. manifest is the text of action.yml.
func Main(manifest []byte, build Build) int {
	dir, _ := os.Getwd() // without one, relative paths are refused
	p := Process{
		Args: os.Args, Env: environment(os.Environ(), runtime.GOOS == "windows"), Dir: dir, PID: os.Getpid(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdoutIsTerminal: isTerminal(os.Stdout), StderrIsTerminal: isTerminal(os.Stderr), Width: width, StdoutLost: stdoutLost(),
		Manifest: manifest, Build: build, Version: build.version(), Ends: true,
		Begin: catchSignals,
	}
	return p.Run(context.Background())
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// width is that of the terminal on stdout or else stderr, in columns.
func width() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 0
}

// catchSignals makes the process ready for work, which `version` and `help` are not. The
// context ends at the first signal that ends a process, with what the exit code
// must be as its cause; all of them are passed on for `exec`.
func catchSignals(ctx context.Context) Begun {
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
	return Begun{Context: ctx, Signals: forward, Ready: ready}
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

// environment is the process's, by name. Where names have no case, as on Windows, each
// is there in capitals as well: that is how azstep looks them up. A command that
// azstep starts gets both, and the system keeps the one that was there.
func environment(environ []string, caseless bool) map[string]string {
	env := make(map[string]string, len(environ))
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			env[name] = value
		}
	}
	if !caseless {
		return env
	}
	for name, value := range maps.Clone(env) {
		if upper := strings.ToUpper(name); upper != name {
			env[upper] = value
		}
	}
	return env
}
