//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"

	"gopkg.in/yaml.v3"
)

// job is a job on a GitHub runner: its folders, which the runner mounts into the
// container of each step.
type job struct{ dir string }

func newJob(t *testing.T) job {
	t.Helper()
	j := job{t.TempDir()}
	for _, name := range []string{"temp", "home", "workflow", "workspace"} {
		folder(t, j.dir, name)
	}
	return j
}

func (j job) workspace() string { return filepath.Join(j.dir, "workspace") }

// step is a step of the action: its `with:` and, for its post step, the state that
// the main step left.
type step struct {
	with  map[string]string
	state map[string]string
	post  bool
}

// outcome is the result of a step as the runner sees it.
type outcome struct {
	result
	runner         hosttest.Runner
	outputs, state map[string]string
	env            map[string]string
	stateFile      []byte
	summary        []byte
}

// failed reports whether the runner shows the step as failed.
func (o outcome) failed() bool { return o.exit != 0 || o.runner.Failed }

// action holds the parts of docker/action.yml that the runner reads.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Entrypoint     string
		PostEntrypoint string `yaml:"post-entrypoint"`
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	var a action
	if err := yaml.Unmarshal(read(t, "../../docker/action.yml"), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// environment returns what the runner gives to a Docker action (actions/runner
// ContainerActionHandler.cs): every input that the action declares, its state, and
// the paths of the files that it may write.
func (s step) environment(a action) []string {
	env := []string{
		"HOME=/github/home", "GITHUB_ACTIONS=true", "CI=true", "GITHUB_WORKSPACE=/github/workspace",
		"GITHUB_REPOSITORY=fabrikam/shop", "GITHUB_RUN_ID=4242", "GITHUB_RUN_NUMBER=7", "GITHUB_RUN_ATTEMPT=1", "GITHUB_JOB=deploy",
		"GITHUB_WORKFLOW=deploy", "GITHUB_SERVER_URL=https://github.com", "GITHUB_EVENT_NAME=push", "GITHUB_SHA=" + strings.Repeat("fa", 20),
		"RUNNER_OS=Linux", "RUNNER_TEMP=/github/runner_temp",
	}
	for _, file := range commandFiles {
		env = append(env, "GITHUB_"+file+"=/github/file_commands/"+file)
	}
	for name, input := range a.Inputs {
		value, given := s.with[name]
		if !given {
			value = input.Default
		}
		env = append(env, "INPUT_"+strings.ToUpper(strings.ReplaceAll(name, " ", "_"))+"="+value)
	}
	for name, value := range s.state {
		env = append(env, "STATE_"+name+"="+value)
	}
	return env
}

// commandFiles lists the files through which a step passes values to the runner.
var commandFiles = []string{"OUTPUT", "STATE", "ENV", "PATH", "STEP_SUMMARY"}

// start returns the command with which the runner starts a step
// (DockerCommandManager.cs, DockerRun), in a network that reaches the emulator, and
// its files.
func (j job) start(t *testing.T, s step) (c *exec.Cmd, name, files string) {
	t.Helper()
	a := readAction(t)
	files = folder(t, t.TempDir(), "file_commands")
	for _, file := range commandFiles {
		write(t, filepath.Join(files, file), "")
	}
	env := s.environment(a)
	name = newContainer(t)
	args := append([]string{"run", "--name", name, "--workdir", "/github/workspace", "--rm", "--network", "host"}, flags("-e", names(env)...)...)
	entrypoint := a.Runs.Entrypoint
	if s.post {
		entrypoint = a.Runs.PostEntrypoint
	}
	args = append(args, "--entrypoint", entrypoint)
	args = append(args, flags("-v", j.dir+"/temp:/github/runner_temp", j.dir+"/home:/github/home", j.dir+"/workflow:/github/workflow",
		files+":/github/file_commands", j.workspace()+":/github/workspace")...)
	return command(t, env, "docker", append(args, actionImage)...), name, files
}

// run starts a step, and reads what it wrote after it has ended, as the runner does.
func (j job) run(t *testing.T, s step) outcome {
	t.Helper()
	c, _, files := j.start(t, s)
	return readOutcome(t, finish(t, c), files)
}

func readOutcome(t *testing.T, r result, files string) outcome {
	t.Helper()
	o := outcome{result: r}
	o.runner.Feed(r.stdout)
	o.runner.Feed(r.stderr)
	o.outputs = pairs(t, files, "OUTPUT")
	o.state = pairs(t, files, "STATE")
	o.env = pairs(t, files, "ENV")
	o.stateFile = read(t, filepath.Join(files, "STATE"))
	o.summary = o.runner.Summary(read(t, filepath.Join(files, "STEP_SUMMARY")))
	return o
}

// pairs parses a file of names and values; if a name is repeated, the last value
// counts.
func pairs(t *testing.T, files, name string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(files, name))
	if err != nil {
		t.Fatal(err)
	}
	all, err := hosttest.ParseFileCommands(text)
	if err != nil {
		t.Errorf("the runner rejects %s: %v", name, err)
	}
	found := map[string]string{}
	for _, p := range all {
		found[p.Key] = p.Value
	}
	return found
}
