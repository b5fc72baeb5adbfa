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

// The images, as `make images` names them.
const (
	actionImage    = "azstep:dev"
	pipelinesImage = "azstep:dev-pipelines"
	emulatorImage  = "azstep:dev-emulator"
)

// patience is more than any one command here takes on a busy machine, but for a
// whole workflow.
const (
	patience         = 2 * time.Minute
	workflowPatience = 12 * time.Minute
)

// result is what a command has done.
type result struct {
	stdout, stderr []byte
	exit           int
}

// both is what a host reads: it listens to either stream.
func (r result) both() []byte { return append(bytes.Clone(r.stdout), r.stderr...) }

// command is a command that may be started. Its environment is that of the test,
// and env.
func command(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	return commandFor(t, patience, env, name, args...)
}

func commandFor(t *testing.T, limit time.Duration, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit) // not the test's: clean-up runs commands, too
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	return c
}

// finish runs a command to its end, however that is.
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

// docker runs the client, which has to succeed, and returns what it prints.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	r := finish(t, command(t, nil, "docker", args...))
	if r.exit != 0 {
		t.Fatalf("docker %s: exit code %d\n%s", strings.Join(args, " "), r.exit, r.stderr)
	}
	return strings.TrimSpace(string(r.stdout))
}

// newContainer makes up a container's name, and removes what bears it in the end.
func newContainer(t *testing.T) string {
	t.Helper()
	name := "azstep-e2e-" + strings.ToLower(rand.Text()[:10])
	t.Cleanup(func() { _ = command(t, nil, "docker", "rm", "--force", name).Run() })
	return name
}

// flags are a docker flag repeated for each value.
func flags(flag string, values ...string) []string {
	var all []string
	for _, v := range values {
		all = append(all, flag, v)
	}
	return all
}

// names are what stands before the = of variables: docker takes a value from its
// own environment, so that none is an argument that others can read.
func names(variables []string) []string {
	var all []string
	for _, v := range variables {
		name, _, _ := strings.Cut(v, "=")
		all = append(all, name)
	}
	return all
}
