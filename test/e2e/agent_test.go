//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// containerJob is a container job of Azure Pipelines: one container that sleeps, in
// which each step is a `docker exec`.
type containerJob struct {
	name string
	work string // mounted as /__w in the container
	env  []string
	// set holds the variables that steps have set, which are in the environment of
	// later steps.
	set []string
}

// agentUser is the user id of the agent, which creates a user with this id in the
// container.
const agentUser = "1001"

// newContainerJob starts the container as the agent does (azure-pipelines-agent
// ContainerOperationProvider.cs): a command that sleeps, without overriding the
// entry point, and then a user for the steps. All of this fails in an image that has
// its own entry point, or no bash, getent or useradd.
func newContainerJob(t *testing.T, s *emulator.Server) *containerJob {
	t.Helper()
	j := &containerJob{name: newContainer(t), work: folder(t, t.TempDir(), "w")}
	folder(t, j.work, "_temp")
	write(t, filepath.Join(j.work, "ca.pem"), string(s.CAPEM()))
	docker(t, "create", "--name", j.name, "--network", "host", "-v", j.work+":/__w", pipelinesImage, "bash", "-c", "sleep infinity")
	docker(t, "start", j.name)
	docker(t, "exec", j.name, "sh", "-c", "command -v bash")
	docker(t, "exec", j.name, "bash", "-c", "useradd -m -u "+agentUser+" user_azpcontainer && getent passwd "+agentUser)
	j.env = []string{
		"TF_BUILD=True", "AGENT_TEMPDIRECTORY=/__w/_temp", "BUILD_BUILDID=4242", "BUILD_REPOSITORY_NAME=shop", "SYSTEM_DEFINITIONID=12",
		"SYSTEM_COLLECTIONURI=" + s.URL() + "/fabrikam/", "SYSTEM_TEAMPROJECT=Fabrikam", "AZSTEP_CA_FILE=/__w/ca.pem",
	}
	return j
}

// agentOutcome is the result of a step as the agent sees it.
type agentOutcome struct {
	result
	agent hosttest.Agent
}

func (o agentOutcome) failed() bool { return o.exit != 0 || o.agent.Failed }

// output returns a variable that the step set with isOutput.
func (o agentOutcome) output(name string) hosttest.Variable {
	for _, v := range o.agent.Variables {
		if v.Name == name && v.Output {
			return v
		}
	}
	return hosttest.Variable{}
}

// bash runs a script as a Bash step of the job does.
func (j *containerJob) bash(t *testing.T, script string, env ...string) agentOutcome {
	t.Helper()
	write(t, filepath.Join(j.work, "_temp", "step.sh"), script)
	all := append(append(append([]string{}, j.env...), j.set...), env...)
	args := append([]string{"exec", "-i", "-u", agentUser, "-w", "/__w"}, flags("-e", names(all)...)...)
	args = append(args, j.name, "bash", "--noprofile", "--norc", "/__w/_temp/step.sh")
	o := agentOutcome{result: finish(t, command(t, all, "docker", args...))}
	o.agent.Sees = j.sees
	o.agent.Feed(o.stdout)
	o.agent.Feed(o.stderr)
	for _, v := range o.agent.Variables {
		if !v.Output && !v.Secret {
			j.set = append(j.set, strings.ToUpper(v.Name)+"="+v.Value)
		}
	}
	return o
}

// sees reports whether the agent, outside the container, can read one of its files.
func (j *containerJob) sees(path string) bool {
	inside, mounted := strings.CutPrefix(path, "/__w/")
	_, err := os.ReadFile(filepath.Join(j.work, inside))
	return mounted && err == nil
}
