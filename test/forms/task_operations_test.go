package forms

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/internal/steps"
)

// operations lists steps of the task that succeed, at least one for each operation.
func (w *agentWorld) operations() []*hosttest.TaskStep {
	iot := w.Token(emulator.TokenOptions{Audience: "https://apps.azureiotcentral.com"})
	full := w.Token(emulator.TokenOptions{Scopes: "user_impersonation"})
	w.job.Set(hosttest.Variable{Name: "IOT_TOKEN", Value: iot, Secret: true})
	w.job.Set(hosttest.Variable{Name: "FULL_TOKEN", Value: full, Secret: true})
	entra := []string{"azureSubscription", w.connection(), "authorityHost", w.URL()}
	environment := []string{"credential", "$(FULL_TOKEN)", "resourceType", "environment", "resourceId", "1", "pipelines", "15"}
	return []*hosttest.TaskStep{
		w.mint("pat"),
		w.use("gone", "operation", "revoke-pat", "credential", "$(USER_TOKEN)", "authorizationId", "$(pat.authorizationId)"),
		w.use("iot", "operation", "mint-iot-token", "credential", "$(IOT_TOKEN)", "application", w.URL(), "roles", "operator"),
		w.use("iotGone", "operation", "revoke-iot-token", "credential", "$(IOT_TOKEN)", "application", w.URL(), "tokenId", "$(iot.tokenId)"),
		w.use("entra", append(entra, "operation", "mint-entra-token")...),
		w.use("team", append(entra, "operation", "ensure-team", "team", "Web")...),
		w.use("check", append(environment, "operation", "check-permissions")...),
		w.use("ensure", append(environment, "operation", "ensure-permissions")...),
		w.use("prune", "operation", "prune-pats", "credential", "$(USER_TOKEN)", "olderThan", "1h"),
		w.use("who", append(entra, "operation", "whoami")...),
	}
}

// Every operation runs as the task, with its outputs, and without any secret in the
// log.
func TestTaskOperations(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		all := w.operations()
		for _, op := range steps.All() {
			if !slices.ContainsFunc(all, func(s *hosttest.TaskStep) bool { return s.Inputs["operation"] == op.Name }) {
				t.Errorf("no step runs %s", op.Name)
			}
		}
		w.job.Run(all...)
		for _, s := range all {
			if s.Exit != 0 || s.Problem != "" || len(s.Outputs) == 0 {
				t.Errorf("%s", told(s))
			}
		}
		log := []byte(strings.Join(w.job.Agent.Log, "\n"))
		for _, v := range w.job.Variables {
			if v.Secret && hosttest.Leaks(log, v.Value) != nil {
				t.Errorf("the log contains %s", v.Name)
			}
		}
		if w.alive() != 0 {
			t.Errorf("%d PATs are valid", w.alive())
		}
	})
}

// With a connection, nothing else is needed: no AzureCLI task, no az, no mapped
// token. Other connections of the job have no effect.
func TestTaskConnections(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		w.job.Endpoints = append(w.job.Endpoints, hosttest.Endpoint{
			ID: "0fab0000-0000-4000-8000-0000000000ee", Scheme: "ServicePrincipal",
			Parameters: map[string]string{"tenantid": "contoso.example", "serviceprincipalid": "0fab0000-0000-4000-8000-0000000000ee", "serviceprincipalkey": "FAKE-OF-ANOTHER"},
		})
		for _, input := range []string{"azureSubscription", "azureDevOpsConnection"} {
			entra := w.use(input, "operation", "mint-entra-token", input, w.connection(), "authorityHost", w.URL())
			w.job.Run(entra)
			if entra.Exit != 0 || entra.Outputs["token"] == "" {
				t.Errorf("%s", told(entra))
			}
		}
		// Without a connection, the job's own token is used where it is accepted.
		team := w.use("team", "operation", "ensure-team", "team", "Fabrikam Team")
		w.job.Run(team)
		if team.Exit != 0 || !strings.Contains(strings.Join(team.Log, "\n"), "SYSTEM_ACCESSTOKEN") {
			t.Error(told(team))
		}
	})
}

// setup puts azstep on the PATH, where a script finds it by name.
func TestTaskSetup(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		setup := w.use("setup", "operation", "setup")
		w.job.Run(setup)
		if setup.Exit != 0 || len(w.job.Agent.PrependPath) != 1 || w.job.Failed {
			t.Fatal(told(setup))
		}
		said, err := exec.Command(filepath.Join(w.job.Agent.PrependPath[0], "azstep"), "version").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(said), "azstep ") {
			t.Errorf("%v %s", err, said)
		}
	})
}

// Secrets come from macros, as in a pipeline, and azstep hides them even if the
// agent does not, such as one that the agent considers too short.
func TestTaskSecretInputs(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		w.job.Agent.ShortestSecret = 6
		w.job.Set(hosttest.Variable{Name: "SHORT", Value: "s3c5t", Secret: true})
		wrong := w.use("wrong", "operation", "mint-entra-token", "clientSecret", "$(SHORT)", "tenantId", "fabrikam.example",
			"clientId", "0fab0000-0000-4000-8000-0000000000a1", "authorityHost", w.URL(), "maxAttempts", "s3c5t")
		w.job.Run(wrong)
		if wrong.Exit != 2 || strings.Contains(strings.Join(w.job.Agent.Log, "\n"), "s3c5t") {
			t.Error(told(wrong))
		}
	})
}

// In a job with DECODE_PERCENTS=false, values must arrive unchanged.
func TestTaskWithoutPercentEscapes(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		w.job.Agent.KeepPercents = true
		w.job.Set(hosttest.Variable{Name: "DECODE_PERCENTS", Value: "false"})
		pat := w.mint("pat", "displayName", "50% %2B")
		w.job.Run(pat)
		if pat.Exit != 0 || !strings.HasPrefix(pat.Outputs["displayName"], "50% %2B [azstep:") || w.alive() != 0 {
			t.Fatalf("%q, %d alive\n%s", pat.Outputs["displayName"], w.alive(), told(pat))
		}
		refused := w.mint("refused", "displayName", "50%3B")
		w.job.Run(refused)
		if refused.Exit != 1 || len(w.PATs()) != 1 {
			t.Errorf("%d PATs\n%s", len(w.PATs()), told(refused))
		}
	})
}
