//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The images with the names that `make images` gives them.
const (
	actionImage    = "azstep:dev"
	pipelinesImage = "azstep:dev-pipelines"
	emulatorImage  = "azstep:dev-emulator"
)

// patience is longer than any single command takes on a busy machine, except for a
// whole workflow.
const (
	patience         = 2 * time.Minute
	workflowPatience = 12 * time.Minute
)

// result is the result of a command.
type result struct {
	stdout, stderr []byte
	exit           int
}

// both returns both streams, because a host reads commands from either.
func (r result) both() []byte { return append(bytes.Clone(r.stdout), r.stderr...) }

// command returns a command that may be started. Its environment is that of the test
// plus env.
func command(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	return commandFor(t, patience, env, name, args...)
}

func commandFor(t *testing.T, limit time.Duration, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit) // not the test's context, because the cleanup also runs commands
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	return c
}

// finish runs a command to its end, whether or not it succeeds.
func finish(t *testing.T, c *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", c, err)
	}
	return result{stdout.Bytes(), stderr.Bytes(), c.ProcessState.ExitCode()}
}

// docker runs the Docker client, which must succeed, and returns its output.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	r := finish(t, command(t, nil, "docker", args...))
	if r.exit != 0 {
		t.Fatalf("docker %s: exit code %d\n%s", strings.Join(args, " "), r.exit, r.stderr)
	}
	return strings.TrimSpace(string(r.stdout))
}

// newContainer returns a container name, and finally removes the container with that
// name.
func newContainer(t *testing.T) string {
	t.Helper()
	name := "azstep-e2e-" + strings.ToLower(rand.Text()[:10])
	t.Cleanup(func() { _ = command(t, nil, "docker", "rm", "--force", name).Run() })
	return name
}

// flags repeats a docker flag for each value.
func flags(flag string, values ...string) []string {
	var all []string
	for _, v := range values {
		all = append(all, flag, v)
	}
	return all
}

// names returns the names of variables without their values. docker takes the values
// from its own environment, so that no argument that others can read contains them.
func names(variables []string) []string {
	var all []string
	for _, v := range variables {
		name, _, _ := strings.Cut(v, "=")
		all = append(all, name)
	}
	return all
}
