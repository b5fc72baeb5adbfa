//go:build unix

package acceptance

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The hosts of scripts: a GitHub action (uses:), a run: step of GitHub Actions,
// the task and a script: step of Azure Pipelines, and a laptop.
const (
	hostAction = "github"
	hostGitHub = "github-run"
	hostTask   = "task"
	hostAzure  = "azure"
	hostLocal  = "local"
)

func hosts() []string { return []string{hostAction, hostGitHub, hostTask, hostAzure, hostLocal} }

func isHost(name string) bool { return slices.Contains(hosts(), name) }

// beganOn evaluates a script's condition with the name of the host that the script
// began on, such as [azure]. The task also counts as Azure Pipelines.
func beganOn(name, host string) (bool, error) {
	if !isHost(name) {
		return false, fmt.Errorf("%q is not a host", name)
	}
	return name == host || name == hostAzure && host == hostTask, nil
}

// files are the files that the host creates for one step.
type files struct{ dir, output, state, env, summary string }

func newFiles(dir string) (files, error) {
	f := files{dir: dir, output: filepath.Join(dir, "output"), state: filepath.Join(dir, "state"),
		env: filepath.Join(dir, "env"), summary: filepath.Join(dir, "summary")}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return f, err
	}
	for _, path := range []string{f.output, f.state, f.env, f.summary} {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			return f, err
		}
	}
	return f, nil
}

// environment returns what the host adds to the job's environment for a step.
func (w *world) environment(f files) map[string]string {
	env := map[string]string{}
	switch w.host {
	case hostAction, hostGitHub:
		maps.Copy(env, w.gitHub(f))
	case hostAzure, hostTask:
		maps.Copy(env, w.azure(f))
	default:
		env["AZSTEP_STATE_FILE"] = filepath.Join(w.dir, ".state")
	}
	maps.Copy(env, w.job)
	maps.Copy(env, w.spelled())
	maps.Copy(env, w.vars)
	for name := range w.absent {
		delete(env, name)
	}
	return env
}

func (w *world) gitHub(f files) map[string]string {
	return map[string]string{
		"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": w.dir,
		"GITHUB_REPOSITORY": "fabrikam/shop", "GITHUB_RUN_ID": "1234567", "GITHUB_RUN_ATTEMPT": "1", "RUNNER_TEMP": f.dir,
		"GITHUB_OUTPUT": f.output, "GITHUB_STATE": f.state, "GITHUB_ENV": f.env, "GITHUB_STEP_SUMMARY": f.summary,
	}
}

func (w *world) azure(f files) map[string]string {
	return map[string]string{
		"TF_BUILD": "True", "AGENT_ID": "8", "AGENT_TEMPDIRECTORY": w.agentTemp(f), "BUILD_BUILDID": "77", "BUILD_REPOSITORY_NAME": "shop",
		"BUILD_SOURCESDIRECTORY": w.dir, "SYSTEM_COLLECTIONURI": w.server.URL() + "/fabrikam/", "SYSTEM_TEAMPROJECT": "Fabrikam",
	}
}

// agentTemp is the agent's directory for the job's temporary files, which all its
// steps share. In scripts, each step has its own, so that the tests see what it
// leaves.
func (w *world) agentTemp(f files) string {
	if w.host == hostTask {
		return filepath.Dir(f.dir)
	}
	return f.dir
}

// handedBack is the variable in which a post step gets the state of its main step.
func (w *world) handedBack(name string) string {
	if w.host == hostTask {
		return "VSTS_TASKVARIABLE_" + strings.ToUpper(name)
	}
	return "STATE_" + name
}

// spelled returns the inputs as the host spells them. For an action, the runner sets
// all inputs; an input that is not given has its default or is empty.
func (w *world) spelled() map[string]string {
	env := map[string]string{}
	if w.host == hostAction || w.host == hostTask {
		for name, value := range actionInputs() {
			env[w.variable(name)] = value
		}
	}
	for name, value := range w.inputs {
		env[w.variable(name)] = value
	}
	return env
}

// variable returns the variable of an input. A task's input is in camel case, which
// the agent converts to capitals (azure-pipelines-agent VarUtil.cs).
func (w *world) variable(input string) string {
	upper := strings.ToUpper(input)
	switch w.host {
	case hostAction:
		return "INPUT_" + upper
	case hostTask:
		return "INPUT_" + strings.ReplaceAll(upper, "-", "")
	}
	return "AZSTEP_" + strings.ReplaceAll(upper, "-", "_")
}

// actionInputs returns the inputs in action.yml with their defaults.
func actionInputs() map[string]string {
	all := map[string]string{}
	for name, about := range readAction().Inputs {
		all[name] = about.Default
	}
	return all
}
