//go:build unix

package acceptance

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The hosts of scripts: a GitHub action (uses:), a run: step of GitHub Actions,
// a script: step of Azure Pipelines, and a laptop.
const (
	hostAction = "github"
	hostGitHub = "github-run"
	hostAzure  = "azure"
	hostLocal  = "local"
)

func isHost(name string) bool {
	return slices.Contains([]string{hostAction, hostGitHub, hostAzure, hostLocal}, name)
}

// files are those of one step, where the host lays them out.
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

// environment is what the host gives a step, on top of what its job has.
func (w *world) environment(f files) map[string]string {
	env := map[string]string{}
	switch w.host {
	case hostAction, hostGitHub:
		maps.Copy(env, w.gitHub(f))
	case hostAzure:
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
		"TF_BUILD": "True", "AGENT_ID": "8", "AGENT_TEMPDIRECTORY": f.dir, "BUILD_BUILDID": "77", "BUILD_REPOSITORY_NAME": "shop",
		"BUILD_SOURCESDIRECTORY": w.dir, "SYSTEM_COLLECTIONURI": w.server.URL() + "/fabrikam/", "SYSTEM_TEAMPROJECT": "Fabrikam",
	}
}

// spelled are the inputs as the host spells them. The runner sets all inputs of
// an action, those that nobody gives to their default or to nothing.
func (w *world) spelled() map[string]string {
	env := map[string]string{}
	if w.host == hostAction {
		for name, value := range actionInputs() {
			env["INPUT_"+strings.ToUpper(name)] = value
		}
	}
	for name, value := range w.inputs {
		upper := strings.ToUpper(name)
		if w.host == hostAction {
			env["INPUT_"+upper] = value
		} else {
			env["AZSTEP_"+strings.ReplaceAll(upper, "-", "_")] = value
		}
	}
	return env
}

// actionInputs are the inputs of action.yml with their defaults.
func actionInputs() map[string]string {
	all := map[string]string{}
	for name, about := range readAction().Inputs {
		all[name] = about.Default
	}
	return all
}
