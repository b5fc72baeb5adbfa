package forms

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
)

// onTaskNodes runs a test with the versions of Node that agents have.
func onTaskNodes(t *testing.T, test func(t *testing.T, w *agentWorld)) {
	t.Helper()
	onEveryNode(t, func(t *testing.T, node string) {
		if strings.HasPrefix(handlerVersion(t, node), "v22.") {
			t.Skip("no agent has Node 22")
		}
		test(t, newAgentWorld(t, node))
	})
}

// A job of three lines: the task mints, a later step uses the token, and nothing is
// left after the job, although no step was written for that.
func TestTaskJob(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		seen := 0
		pat := w.mint("pat")
		w.job.Run(pat, w.probe(func() { seen = w.alive() }))
		if pat.Exit != 0 || pat.Problem != "" || seen != 1 || w.alive() != 0 || w.job.Failed {
			t.Fatalf("%d alive during the job, %d after it\n%s", seen, w.alive(), told(pat))
		}
		token := pat.Outputs["token"]
		if token == "" || hosttest.Leaks([]byte(strings.Join(w.job.Agent.Log, "\n")), token) != nil {
			t.Errorf("the token is missing, or in the log\n%s", told(pat))
		}
		if !strings.Contains(strings.Join(pat.PostLog, "\n"), "revoked") {
			t.Errorf("the post-job step does not say what it did\n%s", told(pat))
		}
		for _, v := range w.job.Variables {
			if strings.Contains(strings.ToUpper(v.Name), "LEASE") || strings.Contains(v.Name, "AZSTEP_STATE") {
				t.Errorf("the job has the variable %s", v.Name)
			}
		}
	})
}

// Two uses of the task in one job revoke what each of them minted, in reverse order.
func TestTaskTwiceInAJob(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		seen := 0
		one, two := w.mint("one"), w.mint("two", "scopes", "vso.packaging")
		w.job.Run(one, two, w.probe(func() { seen = w.alive() }))
		if seen != 2 || w.alive() != 0 || w.job.Failed || one.Outputs["token"] == two.Outputs["token"] {
			t.Fatalf("%d alive during the job, %d after it\n%s", seen, w.alive(), told(one, two))
		}
	})
}

// A failed step other than azstep's does not keep the post-job step from revoking.
func TestTaskAfterAFailure(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		pat, wrong, never := w.mint("pat"), w.mint("wrong", "scopes", ""), w.mint("never")
		w.job.Run(pat, wrong, never)
		if pat.Exit != 0 || wrong.Exit != 2 || !never.Skipped || w.alive() != 0 || len(w.PATs()) != 1 {
			t.Fatalf("%d alive\n%s", w.alive(), told(pat, wrong, never))
		}
		if !strings.Contains(strings.Join(wrong.Log, "\n"), "scopes is required") {
			t.Error(told(wrong))
		}
	})
}

// The post-job step of a skipped step sends and logs nothing, even if the job has a
// variable that looks like the state of a main step.
func TestTaskSkipped(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		pat := w.mint("pat")
		pat.Condition = func(bool) bool { return false }
		w.job.Run(pat)
		if !pat.Skipped || len(pat.PostLog) != 0 || len(w.Requests()) != 0 || w.job.Failed {
			t.Fatalf("%d requests\n%s", len(w.Requests()), told(pat))
		}
		w.job.Set(hosttest.Variable{Name: "VSTS_TASKVARIABLE_AZSTEP", Value: forged})
		again := w.mint("again")
		again.Condition = pat.Condition
		w.job.Run(again)
		if len(again.PostLog) != 0 || len(w.Requests()) != 0 || w.job.Failed {
			t.Fatalf("%d requests\n%s", len(w.Requests()), told(again))
		}
	})
}

// A job variable with the copied state of another use of the task must have no
// effect, neither during that use nor after it.
func TestTaskSkippedWithTheStateOfAnother(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t, oneNode(t))
	pat, skipped := w.mint("pat"), w.mint("skipped")
	skipped.Condition = func(bool) bool {
		w.job.Set(hosttest.Variable{Name: "VSTS_TASKVARIABLE_AZSTEP", Value: pat.Own("AZSTEP")})
		return false
	}
	w.job.Run(pat, skipped)
	if len(skipped.PostLog) != 0 || w.alive() != 0 || w.job.Failed || !strings.Contains(strings.Join(pat.PostLog, "\n"), "revoked") {
		t.Fatalf("%d alive\n%s", w.alive(), told(pat, skipped))
	}
	before := len(w.Requests())
	again := w.mint("again")
	again.Condition = func(bool) bool { return false }
	w.job.Run(again)
	if len(again.PostLog) != 0 || len(w.Requests()) != before {
		t.Errorf("%d requests\n%s", len(w.Requests())-before, told(again))
	}
}

const forged = `AAAAAAAAAAAAAAAAAAAAAAAAAA {"kind":"pat","base":"https://evil.example/x","name":"x [azstep:00000000]","id":"0fab0000-0000-4000-8000-000000000000",` +
	`"expires":"2099-01-01T00:00:00Z","access":{"auth":"credential","trustedHosts":["evil.example"]}}`

// Any step can set variables of the job: one that looks like a lease has no effect,
// and those that would be inputs on other hosts are not inputs here.
func TestTaskVariablesOfTheJob(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		for name, value := range map[string]string{
			"VSTS_TASKVARIABLE_AZSTEP": forged, "AZSTEP_LEASE_0badcafe": forged[27:], "GITHUB_ACTIONS": "true", "AZSTEP_HOST": "local",
			"AZSTEP_SCOPES": "app_token", "AZSTEP_LIFETIME": "300d", "INPUT_ALL_ORGS": "true", "INPUT_ALL-ORGS": "true",
			"AZSTEP_TRUSTED_HOSTS": "evil.example", "AZURE_AUTHORITY_HOST": "https://evil.example", "SSL_CERT_FILE": "/nowhere", "NODE_OPTIONS": "--no-deprecation",
		} {
			w.job.Set(hosttest.Variable{Name: name, Value: value})
		}
		seen := 0
		pat := w.mint("pat")
		w.job.Run(pat, w.probe(func() { seen = w.alive() }))
		if pat.Exit != 0 || pat.Outputs["scopes"] != "vso.code" || seen != 1 || w.alive() != 0 || w.job.Failed {
			t.Fatalf("%d alive during the job, %d after it\n%s", seen, w.alive(), told(pat))
		}
	})
}

// Agents set the job's variables after the inputs of a task. azstep warns of a
// variable with the name of an input, and ignores one that names a host to trust.
func TestTaskVariableWithTheNameOfAnInput(t *testing.T) {
	t.Parallel()
	w := newAgentWorld(t, oneNode(t))
	w.job.Set(hosttest.Variable{Name: "input.trustedHosts", Value: "evil.example"})
	pat := w.mint("pat")
	pat.Inputs["organization"] = "https://evil.example/fabrikam"
	w.job.Run(pat)
	log := strings.Join(pat.Log, "\n")
	if pat.Exit != 2 || len(w.Requests()) != 0 || !strings.Contains(log, "the job has a variable input.trustedHosts") {
		t.Errorf("%d requests\n%s", len(w.Requests()), told(pat))
	}
}
