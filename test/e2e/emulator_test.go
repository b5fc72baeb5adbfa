//go:build e2e

package e2e

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// In a service container, other containers of the job reach the emulator by its
// name, steps of the job reach it by the published port, and its certificate is
// copied out.
func TestEmulatorAsAServiceContainer(t *testing.T) {
	t.Parallel()
	network := newContainer(t)
	docker(t, "network", "create", network)
	t.Cleanup(func() { _ = command(t, nil, "docker", "network", "rm", network).Run() })
	service := newContainer(t)
	docker(t, "run", "--detach", "--name", service, "--network", network, "--network-alias", "emulator", "--publish", "127.0.0.1::8443", emulatorImage)
	t.Cleanup(func() { docker(t, "rm", "--force", service) }) // must be removed before its network
	eventually(t, "the emulator's start", func() bool { return strings.HasPrefix(docker(t, "logs", service), "ready https://emulator:8443") })
	dir := t.TempDir()
	docker(t, "cp", service+":/azstep/.", dir)

	pem := read(t, filepath.Join(dir, "ca.pem"))
	published := trusting(t, pem, docker(t, "port", service, "8443/tcp"))
	if got := get(t, published, "https://localhost:8443/_emulator/requests"); got != http.StatusOK {
		t.Errorf("the published port answers %d", got)
	}

	env := append(exported(t, filepath.Join(dir, "env")), "AZSTEP_TEAM=Release", "AZSTEP_HOST=local", "AZSTEP_CA_FILE="+string(pem))
	args := append([]string{"run", "--rm", "--network", network}, flags("-e", names(env)...)...)
	r := finish(t, command(t, env, "docker", append(args, actionImage, "ensure-team")...))
	if r.exit != 0 || !strings.Contains(string(r.stdout), `"created":true`) {
		t.Errorf("exit code %d\n%s%s", r.exit, r.stdout, r.stderr)
	}
	docker(t, "stop", service)
	if code := docker(t, "inspect", "--format", "{{.State.ExitCode}}", service); code != "0" {
		t.Errorf("stopped with exit code %s", code)
	}
}

// exported reads the azstep lines of one of the emulator's files.
func exported(t *testing.T, path string) []string {
	t.Helper()
	var env []string
	for line := range strings.Lines(string(read(t, path))) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "export AZSTEP_"); ok {
			name, quoted, _ := strings.Cut(v, "=")
			env = append(env, "AZSTEP_"+name+"="+strings.Trim(quoted, "'"))
		}
	}
	return env
}

func get(t *testing.T, client *http.Client, url string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}
