//go:build unix

package kills

import (
	"maps"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// Requests in the form that asRequested returns.
const (
	mint       = "POST fabrikam/pats 200"
	revoke     = "DELETE fabrikam/pats 204"
	entra      = "POST token 200"
	githubOIDC = "GET github 200"
	azureOIDC  = "POST oidctoken 200"
	seeTeam    = "GET Fabrikam%20Team 200"
	putToken   = "PUT deploy 200"
	seeToken   = "GET deploy 200"
)

// asRequested returns requests, each as its method and the end of its path.
func asRequested(log []emulator.Request) []string {
	var all []string
	for _, r := range log {
		path := strings.Replace(r.Path, "/fabrikam/_apis/tokens/", "/fabrikam#", 1)
		path = strings.ReplaceAll(path[strings.LastIndex(path, "/")+1:], "#", "/")
		all = append(all, r.Method+" "+path+" "+strconv.Itoa(r.Status))
	}
	return all
}

// counted is a run and the requests that it makes, all on one connection, because
// here all services have the same address. Its post step makes the requests in post.
type counted struct {
	host       string
	setUp      func(*world)
	want, post []string
}

func runsThatAreCounted() map[string]counted {
	asIs := func(*world) {}
	ensure := map[string]string{"operation": "ensure-team", "project": "Fabrikam", "team": "Fabrikam Team"}
	return map[string]counted{
		"a credential given on GitHub":          {hosttest.GitHub, asIs, []string{mint}, []string{revoke}},
		"a credential given on Azure Pipelines": {hosttest.AzurePipelines, asIs, []string{mint}, []string{revoke}},
		"a credential given on a laptop":        {hosttest.Local, asIs, []string{mint}, []string{revoke}},
		"a dry run":                             {hosttest.Local, with(map[string]string{"dry-run": "true"}), nil, nil},
		"a PAT revoked by its id":               {hosttest.Local, (*world).revokeByID, []string{revoke}, nil},
		"no secret on GitHub": {hosttest.GitHub, func(w *world) {
			w.withoutSecret(w.GitHubEnv(), ensure)
		}, []string{githubOIDC, entra, seeTeam}, nil},
		"no secret on Azure Pipelines": {hosttest.AzurePipelines, func(w *world) {
			w.withoutSecret(w.PipelinesEnv(), ensure)
			w.inputs["auth"] = "azure-pipelines-oidc"
		}, []string{azureOIDC, entra, seeTeam}, nil},
		"an Entra token alone": {hosttest.GitHub, func(w *world) {
			w.withoutSecret(w.GitHubEnv(), map[string]string{"operation": "mint-entra-token"})
		}, []string{githubOIDC, entra}, nil},
		"an API token": {hosttest.Local, with(map[string]string{"token-id": taken, "operation": "mint-iot-token"}),
			[]string{"GET deploy 404", putToken}, []string{seeToken, "DELETE deploy 204"}},
	}
}

func with(inputs map[string]string) func(*world) {
	return func(w *world) {
		if inputs["operation"] == "mint-iot-token" {
			w.inputs = iotTokens().inputs(w.Server)
			w.inputs["ca-file"] = string(w.CAPEM())
		}
		maps.Copy(w.inputs, inputs)
	}
}

func (w *world) revokeByID() {
	w.t.Helper()
	_, id, err := w.AddPAT("fabrikam", "", "vso.code", credentialLife)
	if err != nil {
		w.t.Fatal(err)
	}
	w.inputs["operation"], w.inputs["authorization-id"] = "revoke-pat", id
}

// withoutSecret authenticates with the environment of a job.
func (w *world) withoutSecret(env []string, operation map[string]string) {
	w.job.Env = map[string]string{}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		w.job.Env[name] = value
	}
	delete(w.inputs, "credential")
	w.inputs["authority-host"] = w.URL()
	maps.Copy(w.inputs, operation)
}

func TestNoRequestThatIsNotNeeded(t *testing.T) {
	t.Parallel()
	for name, tt := range runsThatAreCounted() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pats(), place{host: tt.host, action: tt.host == hosttest.GitHub})
			tt.setUp(w)
			first := w.mint(signal{})
			w.checkRequests(first, tt.want)
			w.checkRequests(w.post(first, signal{}), tt.post)
		})
	}
}

// checkRequests compares the requests and the number of connections of a run, and
// starts counting again.
func (w *world) checkRequests(r run, want []string) {
	w.t.Helper()
	if r.exit != 0 {
		w.t.Fatalf("exit %d\n%s", r.exit, r.log())
	}
	log := w.Requests()[w.before:]
	if diff := cmp.Diff(want, asRequested(log)); diff != "" {
		w.t.Errorf("requests (-want +got):\n%s", diff)
	}
	if made := w.Connections() - w.connected; made != min(1, len(want)) {
		w.t.Errorf("%d connections for %d requests", made, len(want))
	}
	w.forget()
}
