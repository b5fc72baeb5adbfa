package hosttest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// played is a job whose scripts are functions in this file.
func played(t *testing.T, scripts map[string]func(env map[string]string) (stdout string, exit int)) (*TaskJob, *Task) {
	t.Helper()
	dir := t.TempDir()
	const manifest = `{
		"name": "x", "inputs": [
			{"name": "someText", "type": "string", "defaultValue": "default"}, {"name": "connection", "type": "connectedService:AzureRM"}, {"name": "other", "type": "string"}
		],
		"restrictions": {"settableVariables": {"allowed": ["PATH", "out", "!{NODE_*,BASH_ENV}"]}},
		"execution": {"Node24": {"target": "main.js"}}, "postjobexecution": {"Node24": {"target": "post.js"}}
	}`
	if err := os.WriteFile(filepath.Join(dir, "task.json"), []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	task, err := ReadTask(dir)
	if err != nil {
		t.Fatal(err)
	}
	job := &TaskJob{Dir: t.TempDir(), Env: map[string]string{"PATH": "/bin"}, Handler: "Node24", Start: func(script string, env map[string]string) ([]byte, []byte, int) {
		if run := scripts[filepath.Base(script)]; run != nil {
			stdout, exit := run(env)
			return []byte(stdout), nil, exit
		}
		return nil, nil, 0
	}}
	return job, task
}

// The environment of a script, in the order in which the agent adds variables.
func TestTaskEnvironment(t *testing.T) {
	t.Parallel()
	job, task := played(t, nil)
	job.Variables = []Variable{
		{Name: "a.b c", Value: "public"}, {Name: "hush", Value: "FAKE-SECRET", Secret: true}, {Name: "input.other", Value: "not given"},
		{Name: "VSTS_TASKVARIABLE_OWN", Value: "forged"}, {Name: "VSTS_TASKVARIABLE_NONE", Value: "forged"},
	}
	job.Endpoints = []Endpoint{
		{ID: "SYSTEMVSSCONNECTION", Scheme: "OAuth", Parameters: map[string]string{"AccessToken": "FAKE-JOB"}},
		{ID: "id-1", Scheme: "S", Parameters: map[string]string{"tenantid": "T"}, Data: map[string]string{"environment": "E"}}, {ID: "id-2", Scheme: "S"},
	}
	step := &TaskStep{Task: task, Inputs: map[string]string{"someText": " $(hush) $(none) ", "connection": "id-1", "other": "given"}, Env: map[string]string{"MAPPED": "$(hush)"}, own: map[string]string{"own": "mine"}}
	got := job.Environment(step)
	for name, want := range map[string]string{
		"TF_BUILD": "True", "PATH": "/bin", "A_B_C": "public", "SECRET_HUSH": "FAKE-SECRET", "MAPPED": "FAKE-SECRET", "INPUT_SOMETEXT": "FAKE-SECRET $(none)",
		"INPUT_OTHER":               "not given", // variables come after inputs
		"VSTS_TASKVARIABLE_OWN":     "mine",      // task variables come after variables
		"VSTS_TASKVARIABLE_NONE":    "forged",
		"ENDPOINT_AUTH_SCHEME_id-1": "S", "ENDPOINT_AUTH_PARAMETER_id-1_TENANTID": "T", "ENDPOINT_DATA_id-1_ENVIRONMENT": "E",
		"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "FAKE-JOB", "VSTS_SECRET_VARIABLES": `["hush"]`,
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if slices.Contains(slices.Collect(maps.Keys(got)), "ENDPOINT_AUTH_SCHEME_id-2") || got["HUSH"] != "" || !strings.Contains(got["VSTS_PUBLIC_VARIABLES"], `"input.other"`) {
		t.Errorf("%v", got)
	}
}

// Main steps run in order while their conditions are true, post-job steps in reverse
// order.
func TestTaskJobOrder(t *testing.T) {
	t.Parallel()
	var ran []string
	exits := map[string]int{"two": 1}
	job, task := played(t, map[string]func(map[string]string) (string, int){
		"main.js": func(env map[string]string) (string, int) {
			ran = append(ran, "main "+env["INPUT_OTHER"])
			return "##vso[task.settaskvariable variable=kept]of " + env["INPUT_OTHER"] + "\n##vso[task.setvariable variable=out;isOutput=true]o\n##vso[task.setvariable variable=NODE_OPTIONS]--evil\n", exits[env["INPUT_OTHER"]]
		},
		"post.js": func(env map[string]string) (string, int) {
			ran = append(ran, "post "+env["INPUT_OTHER"]+" "+env["VSTS_TASKVARIABLE_KEPT"])
			return "", 0
		},
	})
	step := func(name string) *TaskStep {
		return &TaskStep{Task: task, Name: name, Inputs: map[string]string{"other": name}}
	}
	always := step("always")
	always.Condition = func(bool) bool { return true }
	one, two, skipped := step("one"), step("two"), step("skipped")
	job.Run(one, two, skipped, always)
	want := []string{"main one", "main two", "main always", "post always of always", "post skipped ", "post two of two", "post one of one"}
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Error(diff)
	}
	if !job.Failed || one.Exit != 0 || two.Exit != 1 || !skipped.Skipped || one.Outputs["out"] != "o" {
		t.Errorf("%+v %+v %+v", one, two, skipped)
	}
	for _, v := range job.Variables {
		if v.Name == "NODE_OPTIONS" {
			t.Error("a variable was set that the task's restrictions refuse")
		}
	}
	if job.Handler = "Node16"; true {
		none := step("none")
		job.Run(none)
		if none.Problem == "" {
			t.Error("a handler that the task does not have was started")
		}
	}
}
