//go:build unix

package faults

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
)

// hostileVariables can be set by any step of a job for later steps, and all of them
// try to make azstep contact the host evil. Variables that the runner overwrites are
// not included (actions/runner Handler.cs).
func hostileVariables(evil, dir string) map[string]string {
	lease := fmt.Sprintf(`{"kind":"pat","base":"%s/x","name":"x [azstep:0badcafe]","access":{"auth":"credential","authorityHost":"%s","trustedHosts":["%s"]}}`,
		evil, evil, strings.TrimPrefix(evil, "https://"))
	return map[string]string{
		"AZURE_AUTHORITY_HOST": evil, "AZURE_TENANT_ID": "evil.example", "AZURE_CLIENT_ID": "0fab0000-0000-4000-8000-00000000dead",
		"AZURE_FEDERATED_TOKEN_FILE": filepath.Join(dir, "token"), "AZURE_POD_IDENTITY_AUTHORITY_HOST": evil,
		"SSL_CERT_FILE": filepath.Join(dir, "evil.pem"), "SSL_CERT_DIR": dir,
		"AZSTEP_AUTHORITY_HOST": evil, "AZSTEP_TRUSTED_HOSTS": strings.TrimPrefix(evil, "https://"), "AZSTEP_ORGANIZATION": evil + "/x",
		"AZSTEP_APPLICATION": evil, "AZSTEP_BASE_DOMAIN": strings.TrimPrefix(evil, "https://"), "AZSTEP_HOST": "local",
		"AZSTEP_CA_FILE": filepath.Join(dir, "evil.pem"), "AZSTEP_STATE_FILE": filepath.Join(dir, "state"),
		"INPUT_AUTHORITYHOST": evil, "INPUT_TRUSTEDHOSTS": strings.TrimPrefix(evil, "https://"), "INPUT_BASEDOMAIN": strings.TrimPrefix(evil, "https://"),
		"INPUT_AUTHORITY_HOST": evil, "INPUT_TRUSTED_HOSTS": strings.TrimPrefix(evil, "https://"), "INPUT_BASE_DOMAIN": strings.TrimPrefix(evil, "https://"),
		"STATE_AZSTEP_LEASE_0badcafe": lease, "STATE_AZSTEP_LEASE": lease, "STATE_AZSTEP": lease, "AZSTEP_LEASE_0badcafe": lease, "azstep_lease_0badcafe": lease,
		"VSTS_TASKVARIABLE_AZSTEP": "AAAAAAAAAAAAAAAAAAAAAAAAAA " + lease, "ENDPOINT_URL_SYSTEMVSSCONNECTION": evil, "ENDPOINT_AUTH_SYSTEMVSSCONNECTION": `{"parameters":{"AccessToken":"x"}}`,
		"SYSTEM_COLLECTIONURI": evil + "/x/", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": evil + "/x/", "SYSTEM_OIDCREQUESTURI": evil + "/oidc",
		"IDENTITY_ENDPOINT": evil, "MSI_ENDPOINT": evil, "IMDS_ENDPOINT": evil, "AGENT_PROXYURL": strings.Replace(evil, "https", "http", 1),
		"GODEBUG": "x509usefallbackroots=1", "NODE_OPTIONS": "--require=/evil.js",
	}
}

// TestHostileEnvironment runs every operation in every form, and its post step, in a
// job whose earlier steps have set all of these. No request may reach a host that no
// input names, and minted credentials must be revoked.
func TestHostileEnvironment(t *testing.T) {
	t.Parallel()
	turns := make(chan struct{}, atOnce/4)
	places := append(withForms(t, everywhere()[:3]), where{hosttest.GitHub, true, container})
	var work sync.WaitGroup
	for _, o := range operations() {
		if o.place != inStep || o.method != "" {
			continue
		}
		for _, at := range places {
			for name, set := range hostileSets() {
				turns <- struct{}{}
				work.Go(func() {
					defer func() { <-turns }()
					t.Run(o.name+"/"+at.String()+"/"+name, func(t *testing.T) { playHostile(t, o, at, set) })
				})
			}
		}
	}
	work.Wait()
}

// hostileSets returns the variables to set in one run: all of them, and with -full
// also each one alone, since one could hide another.
func hostileSets() map[string][]string {
	all := slices.Sorted(maps.Keys(hostileVariables("https://127.0.0.1:1", "/")))
	sets := map[string][]string{"all": all}
	if *full {
		for _, name := range all {
			sets[name] = []string{name}
		}
	}
	return sets
}

func playHostile(t *testing.T, o operation, at where, names []string) {
	trap := newTrap(t)
	dir := t.TempDir()
	w, err := newWorld(dir, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	inputs, err := o.inputs(w)
	if err != nil {
		t.Fatal(err)
	}
	plant(t, dir)
	all := hostileVariables(trap.url(), dir)
	for _, name := range names {
		if !at.obeys(name) {
			w.job.Env[name] = all[name]
		}
	}
	w.job.Env["HTTPS_PROXY"] = "http://127.0.0.1:1" // nothing leaves this machine: loopback needs no proxy
	s, err := w.job.Step(inputs)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	if !at.operationIsInput() {
		words = []string{inputs["operation"]}
	}
	r, err := w.run(s, words...)
	if at.form == task && o.signsIn && w.job.Env["INPUT_AUTHORITYHOST"] != "" {
		w.judgeUncounted(t, r, err)
		return
	}
	w.judgeHostile(t, r, err, "the step")
	r, err = w.post(r, inputs)
	w.judgeHostile(t, r, err, "the post step")
	if alive := w.alive(); o.mints && len(alive) > 0 {
		t.Errorf("still valid: %v", alive)
	}
}

// obeys says that a variable is meant for what starts azstep there, or is an input by
// rights, whoever sets it.
func (p where) obeys(name string) bool {
	switch {
	case name == "NODE_OPTIONS":
		return p.form == script || p.form == task // Node reads it before any script runs
	case name == "AGENT_PROXYURL":
		return p.host == hosttest.AzurePipelines // a proxy, like HTTPS_PROXY: it sees no credential
	case strings.HasPrefix(name, "INPUT_"):
		return !p.operationIsInput() // comes before the AZSTEP_ of the step
	}
	return false
}

// judgeUncounted holds a task whose authority-host may be another step's to what it
// does then: it asks Entra itself, and says why.
func (w *world) judgeUncounted(t *testing.T, r ran, err error) {
	t.Helper()
	if told := r.log(w); err != nil || r.Exit != 1 || !strings.Contains(told, "login.microsoftonline.com") || !strings.Contains(told, "INPUT_AUTHORITYHOST") {
		t.Errorf("exit code %d, %v: %s", r.Exit, err, told)
	}
}

// judgeHostile holds a step to success. Where such variables are inputs, it may also
// refuse them, or tell that a lease is none of its own.
func (w *world) judgeHostile(t *testing.T, r ran, err error, what string) {
	t.Helper()
	refused := r.Exit == 2 && len(w.services.Requests()) == 0 || what == "the post step" && r.Exit == 1
	if err != nil || r.Exit != 0 && (w.at.operationIsInput() || !refused) {
		t.Errorf("%s: exit code %d, %v: %s", what, r.Exit, err, r.log(w))
	}
}

// plant writes the files that the variables name.
func plant(t *testing.T, dir string) {
	t.Helper()
	own, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"evil.pem": own.authority, "token": []byte("x"), "state": []byte("{}\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
