//go:build unix

package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/steps"

	"github.com/rogpeppe/go-internal/testscript"
)

// start is a process to start: the program, or a shell that starts it.
type start struct {
	path    string
	args    []string
	env     map[string]string
	isShell bool      // the script checks stdout and the exit code itself
	watch   io.Writer // gets stderr while the process runs, if set
}

// azstep [ARG...] runs the program as the host would, and checks the rules for every
// run. On an action, a single operation becomes the input operation.
func (w *world) azstep(ts *testscript.TestScript, not bool, args []string) {
	s := start{path: filepath.Join(bin, w.program()), args: args}
	operation := ""
	if len(args) == 1 && (w.host == hostAction || w.host == hostTask) {
		if _, ok := steps.Find(args[0]); ok || args[0] == command.Setup {
			operation, s.args = args[0], nil
		}
	}
	w.run(ts, not, s, operation, nil)
}

// program returns the name under which the program is started: the action's script
// uses it to identify the host.
func (w *world) program() string {
	switch w.host {
	case hostAction:
		return "azstep-github"
	case hostTask:
		return "azstep-task"
	}
	return "azstep"
}

// shell COMMAND lets a shell start the program, for redirections and pipes. It is
// bash, because dash drops the variables that GitHub creates for inputs with
// hyphens.
func (w *world) shell(ts *testscript.TestScript, not bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: shell 'azstep mint-pat >file'")
	}
	w.run(ts, not, start{path: "/bin/bash", args: []string{"-c", args[0]}, isShell: true}, "", nil)
}

// post runs what the host runs at the end of the job: for an action, a post step for
// each step, in reverse order, under the name of its entry point.
func (w *world) post(ts *testscript.TestScript, not bool, _ []string) {
	if w.host != hostAction && w.host != hostTask {
		w.run(ts, not, start{path: filepath.Join(bin, w.program()), args: []string{"post"}}, "", nil)
		return
	}
	for _, step := range slices.Backward(slices.Clone(w.steps)) {
		w.run(ts, not, start{path: filepath.Join(bin, w.program()), args: []string{"post"}}, step.given["INPUT_OPERATION"], step.state)
	}
}

func (w *world) run(ts *testscript.TestScript, not bool, s start, operation string, state map[string]string) {
	f, err := newFiles(filepath.Join(w.dir, fmt.Sprintf(".step-%d", len(w.steps))))
	ts.Check(err)
	s.env = w.environment(f)
	if operation != "" {
		s.env["INPUT_OPERATION"] = operation
	}
	for name, value := range state {
		s.env[w.handedBack(name)] = value
	}
	before, connections := len(w.server.Requests()), w.server.Connections()
	r := w.start(ts, s)
	r.host, r.files, r.given, r.world = w.host, f, s.env, w
	r.requests, r.connections = w.server.Requests()[before:], w.server.Connections()-connections
	w.last = r
	if err := r.read(); err != nil {
		ts.Fatalf("%v", err)
	}
	w.remember(ts, r, len(state) > 0)
	if problems := r.problems(); len(problems) > 0 {
		ts.Fatalf("rules for every run that were broken:\n%s", strings.Join(problems, "\n"))
	}
	if (r.exit != 0) != not {
		ts.Fatalf("exit code %d", r.exit)
	}
}

// start runs the process to its end. If it hangs, the script fails.
func (w *world) start(ts *testscript.TestScript, s start) *result {
	ctx, cancel := context.WithTimeout(context.Background(), hanging)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.path, s.args...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR"} {
		if _, given := s.env[name]; !given && !w.absent[name] && ts.Getenv(name) != "" {
			s.env[name] = ts.Getenv(name)
		}
	}
	cmd.Env = []string{}
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if s.watch != nil {
		cmd.Stderr = io.MultiWriter(&stderr, s.watch)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		ts.Fatalf("run: %v %v\n%s%s", err, ctx.Err(), &stdout, &stderr)
	}
	_, _ = ts.Stdout().Write(stdout.Bytes())
	_, _ = ts.Stderr().Write(stderr.Bytes())
	return &result{args: s.args, isShell: s.isShell, exit: cmd.ProcessState.ExitCode(), stdout: stdout.Bytes(), stderr: stderr.Bytes()}
}

// remember keeps what later steps of the job get, and gives the outputs to the
// script as variables.
func (w *world) remember(ts *testscript.TestScript, r *result, isPost bool) {
	if !isPost {
		w.steps = append(w.steps, r)
	}
	for name, value := range r.exported {
		w.job[name] = value
	}
	for _, name := range manifestOutputs() {
		if value, ok := r.get(name); ok {
			ts.Setenv(name, value)
		}
	}
}

// result is the result of one run, as its host interpreted it.
type result struct {
	world           *world
	host            string
	args            []string
	isShell         bool
	given           map[string]string // the environment
	exit            int
	stdout, stderr  []byte
	files           files
	outputs         map[string]string // outputs, with the host's names for them
	state, exported map[string]string
	secretVariables []string // the secret ones among the exported variables
	summary         []byte   // the content of the job's page
	seen            view
	requests        []emulator.Request
	connections     int
}

// does reports whether the run was of that command: exec, post, login and so on.
func (r *result) does(command string) bool {
	if r.isShell {
		return strings.Contains(r.args[1], "azstep "+command)
	}
	return len(r.args) > 0 && r.args[0] == command
}

// leftovers returns the files that the run created, other than those of its host.
func (r *result) leftovers() (paths []string) {
	for _, dir := range []string{r.files.dir, filepath.Join(r.world.dir, ".tmp")} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			path := filepath.Join(dir, e.Name())
			if !slices.Contains([]string{r.files.output, r.files.env, r.files.state, r.files.summary}, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}
