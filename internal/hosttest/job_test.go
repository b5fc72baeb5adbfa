package hosttest_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/hosttest"
)

func step(t *testing.T, j *hosttest.Job, inputs map[string]string) *hosttest.Step {
	t.Helper()
	s, err := j.Step(inputs)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, s *hosttest.Step, key, text string) {
	t.Helper()
	if err := os.WriteFile(s.Env[key], []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestAnActionsPostStepGetsItsState(t *testing.T) {
	t.Parallel()
	j := &hosttest.Job{Host: hosttest.GitHub, Action: true, Dir: t.TempDir()}
	main := step(t, j, map[string]string{"ca-file": "x"})
	if main.Env["INPUT_CA-FILE"] != "x" || main.Env["GITHUB_ACTIONS"] != "true" {
		t.Errorf("environment: %v", main.Env)
	}
	write(t, main, "GITHUB_OUTPUT", "token=hunter2\n")
	write(t, main, "GITHUB_STATE", "Key=1\nKey=2\n")
	write(t, main, "GITHUB_ENV", "LATER=yes\n")
	write(t, main, "GITHUB_STEP_SUMMARY", "it is hunter2\n")
	got := main.End([]byte("::add-mask::hunter2\nhunter2\n"), []byte("and hunter2\n"))
	want := hosttest.Ended{
		Log: []string{"***", "and ***"}, Outputs: map[string]string{"token": "hunter2"},
		State: map[string]string{"Key": "2"}, Summary: "it is ***\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	post, err := j.Post(got, nil)
	if err != nil {
		t.Fatal(err)
	}
	if post.Env["STATE_Key"] != "2" || post.Env["LATER"] != "yes" || post.Env["GITHUB_OUTPUT"] == main.Env["GITHUB_OUTPUT"] {
		t.Errorf("environment of the post step: %v", post.Env)
	}
}

func TestARunStepHasNoState(t *testing.T) {
	t.Parallel()
	j := &hosttest.Job{Host: hosttest.GitHub, Dir: t.TempDir()}
	s := step(t, j, map[string]string{"ca-file": "x"})
	if s.Env["AZSTEP_CA_FILE"] != "x" {
		t.Errorf("environment: %v", s.Env)
	}
	write(t, s, "GITHUB_STATE", "Key=1\n")
	write(t, s, "GITHUB_OUTPUT", "no pair\n")
	got := s.End(nil, nil)
	if got.State != nil || len(got.Problems) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestVariablesReachLaterSteps(t *testing.T) {
	t.Parallel()
	j := &hosttest.Job{Host: hosttest.AzurePipelines, Dir: t.TempDir(), Env: map[string]string{"SYSTEM_TEAMPROJECT": "P"}}
	s := step(t, j, nil)
	got := s.End([]byte("##vso[task.setvariable variable=my.lease_1a]open\n"+
		"##vso[task.setvariable variable=token;isOutput=true;isSecret=true]hunter2\n"+
		"##vso[task.setvariable variable=other;isSecret=true]hunter3\n"), []byte("hunter2\n"))
	if diff := cmp.Diff(map[string]string{"token": "hunter2"}, got.Outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"***"}, got.Log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	next := step(t, j, map[string]string{"dry-run": "true"})
	want := map[string]string{
		"SYSTEM_TEAMPROJECT": "P", "TF_BUILD": "True", "AZSTEP_DRY_RUN": "true", "MY_LEASE_1A": "open",
		"AGENT_TEMPDIRECTORY": next.Env["AGENT_TEMPDIRECTORY"],
	}
	if diff := cmp.Diff(want, next.Env); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func TestALaptopGetsOneObject(t *testing.T) {
	t.Parallel()
	j := &hosttest.Job{Host: hosttest.Local, Dir: t.TempDir()}
	first, second := step(t, j, nil), step(t, j, nil)
	if first.Env["AZSTEP_STATE_FILE"] != second.Env["AZSTEP_STATE_FILE"] {
		t.Error("two steps of one job have two state files")
	}
	got := first.End([]byte("{\"token\":\"a\"}\n"), []byte("azstep: said\n"))
	want := hosttest.Ended{Log: []string{"azstep: said"}, Outputs: map[string]string{"token": "a"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := first.End([]byte("{\"tok"), nil); len(got.Problems) != 1 {
		t.Errorf("half an object: %+v", got)
	}
}
