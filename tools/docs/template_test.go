package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/steps"

	"gopkg.in/yaml.v3"
)

func needBash(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the template's scripts are NOT run: the doubles only support agents on Linux and macOS")
	}
}

const mint = `
operation: mint-pat
name: %s
image: '%s'
inputs: {scopes: vso.code, credential: $(USER_TOKEN), ca-file: $(CA)}
steps:
%s`

const uses1 = `
- bash: test -n "$TOKEN"
  displayName: use
  env: {TOKEN: $(pat.token)}`

func TestTemplateRevokesAfterItsSteps(t *testing.T) {
	t.Parallel()
	needBash(t)
	for _, image := range []string{"ghcr.io/azstep/azstep:v1", ""} {
		p := newPipeline(t)
		seen := ""
		p.probes["use"] = func() { seen = p.states() }
		p.run(p.use(fmt.Sprintf(mint, "pat", image, uses1)))
		if p.failed || seen != "active" || p.states() != "revoked" {
			t.Errorf("image %q: failed %v, during the steps %q, after them %q\n%s", image, p.failed, seen, p.states(), strings.Join(p.agent.Log, "\n"))
		}
		if token := p.variables["pat.token"]; len(token) < 20 || strings.Contains(strings.Join(p.agent.Log, "\n"), token) {
			t.Errorf("image %q: the token is in the log", image)
		}
	}
}

func TestTemplateRevokesAfterAFailure(t *testing.T) {
	t.Parallel()
	needBash(t)
	p := newPipeline(t)
	p.run(p.use(fmt.Sprintf(mint, "pat", "", "\n- bash: exit 3\n- bash: echo never\n  displayName: never")))
	if got := strings.Join(p.ran, ", "); got != "azstep mint-pat, , azstep post" {
		t.Errorf("ran %s", got)
	}
	if p.states() != "revoked" {
		t.Errorf("the PAT is %s", p.states())
	}
}

// If one mint is inside another, each PAT must be revoked after its own steps.
func TestTemplateInsideItself(t *testing.T) {
	t.Parallel()
	needBash(t)
	p := newPipeline(t)
	inner := p.use(fmt.Sprintf(mint, "inner", "image", "\n- bash: 'true'\n  displayName: inmost"))
	outer := p.use(fmt.Sprintf(mint, "outer", "image", "\n- bash: 'true'\n  displayName: between"))
	at := 1 // after the mint
	list := append(append(append([]any{}, outer[:at]...), inner...), outer[at:]...)
	seen := map[string]string{}
	for _, name := range []string{"inmost", "between"} {
		p.probes[name] = func() { seen[name] = p.states() }
	}
	p.run(list)
	if p.failed || seen["inmost"] != "active active" || p.states() != "revoked revoked" {
		t.Errorf("failed %v, inmost %q, in the end %q\n%s", p.failed, seen["inmost"], p.states(), strings.Join(p.agent.Log, "\n"))
	}
	if got := strings.Split(seen["between"], " "); len(got) != 2 || got[0] == got[1] {
		t.Errorf("after the inner one: %q", seen["between"])
	}
}

func TestTemplateWhoseMintNeverRan(t *testing.T) {
	t.Parallel()
	needBash(t)
	p := newPipeline(t)
	p.env["AZSTEP_LEASE_1A2B3C4D"] = `{"kind":"pat","base":"https://elsewhere.invalid/","name":"somebody else's","expires":"2099-01-01T00:00:00Z"}`
	p.failed = true
	p.run(p.use(fmt.Sprintf(mint, "pat", "image", uses1)))
	if got := strings.Join(p.ran, ", "); got != "azstep post" || len(p.agent.Issues) != 0 || len(p.services.Requests()) != 0 {
		t.Errorf("ran %s, %v, %d requests", got, p.agent.Issues, len(p.services.Requests()))
	}
}

// Without secrets: the connection's task passes its ids on, and the job's token is
// mapped.
func TestTemplateWithAServiceConnection(t *testing.T) {
	t.Parallel()
	needBash(t)
	p := newPipeline(t)
	list := p.use(`
operation: mint-entra-token
name: entra
serviceConnection: deploy
inputs: {ca-file: $(CA), authority-host: ` + p.services.URL() + `}
steps:
- bash: test -n "$HEADER"
  env: {HEADER: $(entra.authorizationHeader)}`)
	p.run(list)
	if p.failed || !strings.HasPrefix(p.variables["entra.authorizationHeader"], "Bearer ") {
		t.Errorf("failed %v\n%s", p.failed, strings.Join(p.agent.Log, "\n"))
	}
	if got := strings.Join(p.ran, ", "); got != "azstep uses deploy, azstep mint-entra-token, " {
		t.Errorf("ran %s", got)
	}
}

// The inputs are only those that were passed, whatever variables the job has: no
// variable can decide whom azstep trusts or set an input.
func TestTemplateUsesOnlyItsOwnInputs(t *testing.T) {
	t.Parallel()
	needBash(t)
	for _, image := range []string{"image", ""} {
		p := newPipeline(t)
		for name, value := range map[string]string{
			"AZSTEP_TRUSTED_HOSTS": "evil.example", "AZSTEP_AUTHORITY_HOST": "https://evil.example", "AZURE_AUTHORITY_HOST": "https://evil.example",
			"AZSTEP_LIFETIME": "300d", "AZSTEP_DISPLAY_NAME": "not mine", "AZSTEP_ALL_ORGS": "true", "SSL_CERT_FILE": "/nowhere",
		} {
			p.env[name] = value
		}
		seen := ""
		p.probes["use"] = func() { seen = p.states() }
		p.run(p.use(fmt.Sprintf(mint, "pat", image, uses1)))
		log := strings.Join(p.agent.Log, "\n")
		if p.failed || seen != "active" || p.states() != "revoked" || strings.Contains(p.variables["pat.displayName"], "not mine") {
			t.Errorf("image %q: failed %v, during the steps %q, after them %q, %q\n%s", image, p.failed, seen, p.states(), p.variables["pat.displayName"], log)
		}
		if pats := p.services.PATs(); len(pats) != 1 || pats[0].ValidTo.Sub(pats[0].ValidFrom) > 2*time.Hour || len(pats[0].Organizations) != 1 {
			t.Errorf("image %q: %+v", image, pats)
		}
		if strings.Contains(log, "end the job with a step") {
			t.Errorf("image %q: the log suggests a step that the template already has\n%s", image, log)
		}
	}
}

// docker run must pass on the variables for the agent's settings and its proxy.
func TestTemplatePassesTheAgentsSettingsOn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "templates", "azstep.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"DECODE_PERCENTS", "AGENT_PROXYURL", "AGENT_PROXYUSERNAME", "AGENT_PROXYPASSWORD", "AGENT_PROXYBYPASSLIST", "HTTPS_PROXY", "TF_BUILD"} {
		if strings.Count(string(text), " "+name+" ") != 2 {
			t.Errorf("%s is not passed on to both steps", name)
		}
	}
	p := newPipeline(t)
	p.env["DECODE_PERCENTS"] = "false"
	p.agent.KeepPercents = true
	p.run(p.use(fmt.Sprintf(mint, "pat", "image", uses1)))
	if p.failed || p.states() != "revoked" {
		t.Errorf("failed %v, %q\n%s", p.failed, p.states(), strings.Join(p.agent.Log, "\n"))
	}
}

// If the step were called azstep, the agent would pass its outputs to later steps as
// AZSTEP_SCOPES and so on, which are inputs.
func TestTemplateNamesItsStep(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	list := p.use("operation: ensure-team")
	name := fmt.Sprint(list[0].(map[string]any)["name"])
	if variable := strings.ToUpper(name) + "_"; name == "" || strings.HasPrefix("AZSTEP_", variable) || strings.HasPrefix(variable, "AZSTEP_") {
		t.Errorf("the step's name is %q", name)
	}
}

// If the connection's ids are given, no other task is needed.
func TestTemplateWithTheIdsOfAConnection(t *testing.T) {
	t.Parallel()
	needBash(t)
	p := newPipeline(t)
	p.run(p.use(fmt.Sprintf(`
operation: mint-entra-token
name: entra
systemAccessToken: true
inputs: {ca-file: $(CA), authority-host: %s, service-connection-id: %s, tenant-id: %s, client-id: %s}`, p.services.URL(),
		p.azureCLI["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"], p.azureCLI["AZURESUBSCRIPTION_TENANT_ID"], p.azureCLI["AZURESUBSCRIPTION_CLIENT_ID"])))
	if got := strings.Join(p.ran, ", "); p.failed || got != "azstep mint-entra-token" || p.variables["entra.token"] == "" {
		t.Errorf("ran %s, failed %v\n%s", got, p.failed, strings.Join(p.agent.Log, "\n"))
	}
}

// The template must revoke what is minted under a lease.
func TestTemplateRevokesWhatIsLeased(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "templates", "azstep.yml"))
	if err != nil {
		t.Fatal(err)
	}
	listed := regexp.MustCompile(`in\(parameters\.operation, ([^)]+)\)`).FindSubmatch(text)
	if listed == nil {
		t.Fatal("the template has no condition for its last step")
	}
	for _, op := range steps.All() {
		leased := op.Mints && op.Name != "mint-entra-token" // which cannot be revoked
		if got := strings.Contains(string(listed[1]), "'"+op.Name+"'"); got != leased {
			t.Errorf("%s: ended by the template %v, leased %v", op.Name, got, leased)
		}
	}
}

// Examples must use parameters that the template has.
func TestExamplesNameParametersThatExist(t *testing.T) {
	t.Parallel()
	var template struct{ Parameters []struct{ Name string } }
	text, err := os.ReadFile(filepath.Join(root, "templates", "azstep.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, p := range template.Parameters {
		known[p.Name] = true
	}
	for _, b := range yamlBlocks(t) {
		var v any
		if yaml.Unmarshal([]byte(b.text), &v) != nil {
			continue
		}
		walkYAML(v, func(m map[string]any) {
			given, _ := m["parameters"].(map[string]any)
			for name := range given {
				if isTemplate(m) && !known[name] {
					t.Errorf("%s: the template has no parameter %s", b, name)
				}
			}
		})
	}
}
