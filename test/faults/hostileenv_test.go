//go:build unix

package faults

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
		"INPUT_AUTHORITY_HOST": evil, "INPUT_TRUSTED_HOSTS": strings.TrimPrefix(evil, "https://"), "INPUT_BASE_DOMAIN": strings.TrimPrefix(evil, "https://"),
		"STATE_AZSTEP_LEASE_0badcafe": lease, "STATE_AZSTEP_LEASE": lease, "AZSTEP_LEASE_0badcafe": lease, "azstep_lease_0badcafe": lease,
		"VSTS_TASKVARIABLE_AZSTEP": lease, "ENDPOINT_URL_SYSTEMVSSCONNECTION": evil, "ENDPOINT_AUTH_SYSTEMVSSCONNECTION": `{"parameters":{"AccessToken":"x"}}`,
		"SYSTEM_COLLECTIONURI": evil + "/x/", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": evil + "/x/", "SYSTEM_OIDCREQUESTURI": evil + "/oidc",
		"IDENTITY_ENDPOINT": evil, "MSI_ENDPOINT": evil, "IMDS_ENDPOINT": evil, "AGENT_PROXYURL": strings.Replace(evil, "https", "http", 1),
		"GODEBUG": "x509usefallbackroots=1", "NODE_OPTIONS": "--require=/evil.js",
	}
}

// TestHostileEnvironment runs every operation as a step of the action, and its post
// step, in a job whose earlier steps have set all of these. No request may reach a
// host that no input names, and minted credentials must be revoked.
func TestHostileEnvironment(t *testing.T) {
	t.Parallel()
	for _, o := range operations() {
		if o.place != inStep || o.method != "" {
			continue
		}
		for name, set := range hostileSets() {
			t.Run(o.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				playHostile(t, o, set)
			})
		}
	}
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

func playHostile(t *testing.T, o operation, names []string) {
	trap := newTrap(t)
	dir := t.TempDir()
	w, err := newWorld(dir, hosttest.GitHub, true)
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
		w.job.Env[name] = all[name]
	}
	s, err := w.job.Step(inputs)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.run(s)
	if err != nil || r.Exit != 0 {
		t.Fatalf("exit code %d, %v: %s", r.Exit, err, unmasked(r.stdout))
	}
	if r, err = w.post(r, inputs); err != nil || r.Exit != 0 {
		t.Errorf("post: exit code %d, %v: %s", r.Exit, err, unmasked(r.stdout))
	}
	if alive := w.alive(); o.mints && len(alive) > 0 {
		t.Errorf("still valid: %v", alive)
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

// unmasked returns a log without the lines that register masks.
func unmasked(log []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(log)) {
		if !strings.HasPrefix(line, "::add-mask::") {
			b.WriteString(line)
		}
	}
	return b.String()
}
