package hosttest

import (
	"os"
	"path/filepath"
	"testing"
)

// A use of a task and its post-job step get what the agent lays out for them.
func TestJobOfATask(t *testing.T) {
	t.Parallel()
	_, task := played(t, nil)
	job := &Job{Host: AzurePipelines, Task: task, Dir: t.TempDir(), Env: map[string]string{
		"PATH": "/bin", "azstep_x": "any step's", "VSTS_TASKVARIABLE_OWN": "forged", "SYSTEM_ACCESSTOKEN": "FAKE-JOB",
		"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": "id-1", "AZURESUBSCRIPTION_TENANT_ID": "T",
	}}
	inputs := map[string]string{"some-text": "given", "auth": "azure-pipelines-oidc"}
	main, err := job.Step(inputs)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"PATH": "/bin", "INPUT_SOMETEXT": "given", "AZSTEP_X": "any step's", "VSTS_TASKVARIABLE_OWN": "forged", "SYSTEM_ACCESSTOKEN": "",
		"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "FAKE-JOB", "INPUT_AZURESUBSCRIPTION": "id-1", "AGENT_TEMPDIRECTORY": job.Dir,
	} {
		if main.Env[name] != want {
			t.Errorf("%s is %q, want %q", name, main.Env[name], want)
		}
	}
	e := main.End([]byte("##vso[task.settaskvariable variable=own]kept\n##vso[task.setvariable variable=NODE_OPTIONS]--evil\n"), nil)
	post, err := job.Post(e, inputs)
	if err != nil {
		t.Fatal(err)
	}
	if post.Env["VSTS_TASKVARIABLE_OWN"] != "kept" || post.Env["SYSTEM_TASKINSTANCEID"] != main.Env["SYSTEM_TASKINSTANCEID"] || post.Env["NODE_OPTIONS"] != "" {
		t.Errorf("%q", post.Env)
	}
	next, err := job.Step(inputs)
	if err != nil {
		t.Fatal(err)
	}
	if next.Env["VSTS_TASKVARIABLE_OWN"] != "forged" || next.Env["SYSTEM_TASKINSTANCEID"] == main.Env["SYSTEM_TASKINSTANCEID"] {
		t.Errorf("another use has what is the first one's: %q", next.Env)
	}
	if words := job.Words(true); len(words) != 1 || filepath.Base(words[0]) != "post.js" {
		t.Errorf("the post-job step runs %q", words)
	}
}

// An action's start script gets every input that the action declares.
func TestJobOfAScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "action.yml"), []byte("inputs:\n  auth: {default: auto}\n  team: {}\nruns:\n  using: node24\n  main: main.js\n  post: post.js\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := ReadScript(dir)
	if err != nil {
		t.Fatal(err)
	}
	job := &Job{Host: GitHub, Action: true, Script: script, Dir: t.TempDir()}
	s, err := job.Step(map[string]string{"team": "x"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Env["INPUT_AUTH"] != "auto" || s.Env["INPUT_TEAM"] != "x" || job.Words(false)[0] != script.Main || job.Words(true)[0] != script.Post {
		t.Errorf("%q %q", s.Env, job.Words(true))
	}
	if words := (&Job{Host: GitHub, Action: true}).Words(false); words != nil {
		t.Errorf("%q", words)
	}
}
