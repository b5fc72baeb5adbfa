package command

import (
	"context"
	"io"
	"log"
	"maps"
	"os"
	"runtime"
	"strings"

	"github.com/azstep/azstep/internal/child"

	"golang.org/x/term"
)

// Main runs the program with what the operating system provides, and returns its
// exit code. manifest is the text of action.yml.
func Main(manifest []byte, build Build) int {
	keepMemory()
	log.SetOutput(io.Discard) // net/http logs what a server sends unasked, which may repeat a secret
	if exit, ok := child.Assist(os.Args, os.Environ); ok {
		return exit
	}
	dir, _ := os.Getwd() // if unknown, relative paths are rejected
	p := Process{
		Args: os.Args, Env: environment(os.Environ(), runtime.GOOS == "windows"), Dir: dir, PID: os.Getpid(),
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		StdoutIsTerminal: isTerminal(os.Stdout), StderrIsTerminal: isTerminal(os.Stderr), Width: width, StdoutLost: stdoutLost(),
		Manifest: manifest, Build: build, Version: build.version(), Ends: true,
		Begin: catchSignals, Terminal: terminal(), Self: self(),
	}
	return p.Run(context.Background())
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// width returns the width of the terminal on stdout or else stderr, in columns.
func width() int {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 0
}

// terminal describes the streams, or is nil if none is a terminal.
func terminal() *child.Terminal {
	t, found := &child.Terminal{}, false
	for stream, at := range map[*os.File]**os.File{os.Stdin: &t.Stdin, os.Stdout: &t.Stdout, os.Stderr: &t.Stderr} {
		if isTerminal(stream) {
			*at, found = stream, true
		}
	}
	if !found {
		return nil
	}
	return t
}

// self returns how to start this program once more.
func self() []string {
	path, err := os.Executable()
	if err != nil || len(os.Args) == 0 {
		return nil
	}
	return []string{path, os.Args[0]}
}

// environment returns the process's environment by name. If names ignore case, as on
// Windows, each name is also included in capitals, in which azstep looks them up. A
// command that azstep starts gets both, and the system keeps the original one.
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
