//go:build unix

package acceptance

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestIdentity runs testdata/script/identity: which identity azstep uses, and why.
func TestIdentity(t *testing.T) {
	testscript.RunT(folded{t}, identityParams(root+"/testdata/script/identity", hostLocal))
}

// TestIdentityOnEveryHost runs the scripts that behave the same on each host.
func TestIdentityOnEveryHost(t *testing.T) {
	onEveryHost(t, identityParams, root+"/testdata/script/identity/hosts")
}

// identityParams returns the parameters of all scripts, with the commands below and
// two more variables: CONFIDENTIAL_TOKEN is a refresh token of an application with a
// secret, and IDENTITY_HEADER lets a machine get its managed identity's token.
func identityParams(dir, host string) testscript.Params {
	p := params(dir, host)
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		w := env.Values[worldKey{}].(*world)
		env.Setenv("CONFIDENTIAL_TOKEN", w.server.RefreshToken("", "azstep login, confidential"))
		env.Vars = append(env.Vars, w.server.ManagedIdentityEnv()...)
		return nil
	}
	maps.Copy(p.Cmds, map[string]func(*testscript.TestScript, bool, []string){
		"keyless": scripted((*world).keyless),
		"entra":   scripted((*world).entra),
		"subject": scripted((*world).subject),
		"login":   scripted((*world).login),
		"convert": scripted((*world).convert),

		"immutable":     scripted((*world).immutable),
		"github-issuer": scripted((*world).gitHubIssuer),

		"assert": scripted((*world).assert),
		"pod":    scripted((*world).pod),
		"renew":  scripted((*world).renew),
		"asked":  scripted((*world).asked),
		"cloud":  scripted((*world).cloud),
		"behind": scripted((*world).behind),
		"clean":  scripted((*world).clean),
	})
	return p
}

// keyless begins a job that gets OIDC tokens from its host and names tenant and
// application in the environment. It has no credential, and Entra is the emulator.
// On a laptop it uses what a job of GitHub would have.
func (w *world) keyless(ts *testscript.TestScript, _ bool, _ []string) {
	delete(w.inputs, "credential")
	w.inputs["authority-host"] = w.server.URL()
	env := w.server.GitHubEnv()
	switch w.host {
	case hostAzure:
		env = w.server.PipelinesEnv()
	case hostTask:
		env = w.connection(w.server.PipelinesEnv())
	}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		w.set(ts, false, []string{name, value})
		ts.Setenv(name, value)
	}
}

// connection sets a service connection as the agent describes it to a task that
// names it (azure-pipelines-agent Handler.cs).
func (w *world) connection(job []string) []string {
	known := map[string]string{}
	for _, pair := range job {
		name, value, _ := strings.Cut(pair, "=")
		known[name] = value
	}
	id := known["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]
	w.inputs["azure-subscription"] = id
	return []string{
		"SYSTEM_OIDCREQUESTURI=" + known["SYSTEM_OIDCREQUESTURI"],
		"ENDPOINT_AUTH_SCHEME_SYSTEMVSSCONNECTION=OAuth",
		"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN=" + known["SYSTEM_ACCESSTOKEN"],
		"ENDPOINT_AUTH_SCHEME_" + id + "=WorkloadIdentityFederation",
		"ENDPOINT_AUTH_PARAMETER_" + id + "_TENANTID=" + known["AZURESUBSCRIPTION_TENANT_ID"],
		"ENDPOINT_AUTH_PARAMETER_" + id + "_SERVICEPRINCIPALID=" + known["AZURESUBSCRIPTION_CLIENT_ID"],
	}
}

// entra JSON sets the policies that the tenant's administrators switch on:
// emulator.EntraPolicy.
func (w *world) entra(ts *testscript.TestScript, _ bool, args []string) {
	var p emulator.EntraPolicy
	d := json.NewDecoder(strings.NewReader(args[0]))
	d.DisallowUnknownFields() // a misspelled policy would refuse nothing
	ts.Check(d.Decode(&p))
	ts.Check(w.server.SetEntraPolicy("fabrikam.example", p))
}

// subject TEXT sets the claim sub of GitHub's assertions from now on.
func (w *world) subject(_ *testscript.TestScript, _ bool, args []string) {
	w.server.SetGitHubSubject(args[0])
}

// advance DURATION moves the clock of the services forward.
func (w *world) advance(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	w.server.Advance(d)
}

// clean FILE... checks that files written by a process that azstep started contain
// none of the run's secrets.
func (w *world) clean(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		for _, secret := range w.last.secrets() {
			if forms := hosttest.Leaks(text, secret); forms != nil {
				ts.Fatalf("%s contains a secret (%.12s…): %s", name, secret, strings.Join(forms, ", "))
			}
		}
	}
}
