package acceptance

import (
	"bytes"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/emulator"
)

// These tests depend on what the operating system provides to a process, which a
// script cannot set.

func laptop(t *testing.T) (p command.Process, stdout, stderr *bytes.Buffer, server *emulator.Server) {
	t.Helper()
	server, err := emulator.New(emulator.Options{})
	if err == nil {
		err = server.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return command.Process{
		Args: []string{"azstep", "mint-pat"}, PID: 4711, Dir: t.TempDir(), Stdout: stdout, Stderr: stderr, Manifest: manifest,
		Env: map[string]string{
			"AZSTEP_ORGANIZATION": server.URL() + "/fabrikam", "AZSTEP_CA_FILE": string(server.CAPEM()),
			"AZSTEP_SCOPES": "vso.code", "AZSTEP_CREDENTIAL": server.Token(emulator.TokenOptions{}),
		},
	}, stdout, stderr, server
}

// PID 1 is the first process of a container. `docker run` may not have passed on
// anything about the job.
func TestContainerIsNotALaptop(t *testing.T) {
	t.Parallel()
	p, stdout, stderr, server := laptop(t)
	p.PID = 1
	if code := p.Run(t.Context()); code != 2 || stdout.Len() > 0 || len(server.Requests()) > 0 {
		t.Errorf("exit code %d, stdout %q, %d requests", code, stdout, len(server.Requests()))
	}
	for _, want := range []string{"error: ", "PID 1", "hint: ", "-e TF_BUILD", "AZSTEP_HOST"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, stderr)
		}
	}
	p, _, _, server = laptop(t)
	p.PID, p.Env["AZSTEP_HOST"] = 1, "azure-pipelines"
	if code := p.Run(t.Context()); code != 0 || len(server.Requests()) != 1 {
		t.Errorf("exit code %d, %d requests", code, len(server.Requests()))
	}
}

// People look at a terminal, and programs record it.
func TestATerminalShowsNoSecret(t *testing.T) {
	t.Parallel()
	p, stdout, stderr, services := laptop(t)
	p.StdoutIsTerminal = true
	if code := p.Run(t.Context()); code != 2 || stdout.Len() > 0 {
		t.Fatalf("mint-pat: exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
	if !strings.Contains(stderr.String(), "hint: ") || !strings.Contains(stderr.String(), "pipe or redirect") || !strings.Contains(stderr.String(), "azstep exec mint-pat -- ") {
		t.Errorf("stderr has no hint: %s", stderr)
	}
	if n := len(services.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	p, stdout, stderr, _ = laptop(t)
	p.Args, p.StdoutIsTerminal = []string{"azstep", "login"}, true
	if code := p.Run(t.Context()); code != 2 || stdout.Len() > 0 {
		t.Errorf("login: exit code %d, stdout %q, stderr %s", code, stdout, stderr)
	}
}
