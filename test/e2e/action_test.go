//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// mint is the `with:` of a step that mints a PAT. The emulator's certificate is in
// the workspace, as if it had been checked out.
func mint(t *testing.T, j job, s *emulator.Server, credential string) map[string]string {
	t.Helper()
	write(t, j.workspace()+"/ca.pem", string(s.CAPEM()))
	return map[string]string{
		"operation": "mint-pat", "organization": s.URL() + "/fabrikam", "credential": credential,
		"scopes": "vso.code vso.packaging", "lifetime": "30m", "ca-file": "ca.pem", "export-env": "ADO_PAT",
	}
}

// The first container mints, the second one revokes. act gives no state to the post
// step of a Docker action, so this is tested here.
func TestPostStepRevokesWhatTheMainStepMinted(t *testing.T) {
	t.Parallel()
	s, j := newEmulator(t), newJob(t)
	credential := s.Token(emulator.TokenOptions{})
	with := mint(t, j, s, credential)

	main := j.run(t, step{with: with})
	token := main.outputs["token"]
	if main.failed() || token == "" || main.env["ADO_PAT"] != token {
		t.Fatalf("the main step: exit code %d, %q\n%s", main.exit, main.runner.Annotations, main.both())
	}
	if alive := active(s); len(alive) != 1 || alive[0].AuthorizationID != main.outputs["authorization-id"] || alive[0].DisplayName != main.outputs["display-name"] {
		t.Fatalf("valid: %+v", alive)
	}
	header := main.outputs["authorization-header"]
	secrets := []string{token, credential, strings.TrimPrefix(header, "Basic ")}
	checkHidden(t, main, secrets...)
	if shown := main.runner.Mask(strings.Join(secrets, " ")); shown != "*** *** ***" {
		t.Error("the runner cannot mask every secret: a later step would print it")
	}
	if got := status(t, s, "/fabrikam/_apis/projects?api-version=7.1", header); got == http.StatusUnauthorized {
		t.Errorf("the PAT is answered with %d", got)
	}

	post := j.run(t, step{with: with, state: main.state, post: true})
	if post.failed() || len(active(s)) != 0 {
		t.Fatalf("the post step: exit code %d, %d PATs are valid\n%s", post.exit, len(active(s)), post.both())
	}
	checkHidden(t, post, token, credential)
	before := len(s.Requests())
	again := j.run(t, step{with: with, post: true})
	if again.failed() || len(s.Requests()) != before {
		t.Errorf("a post step without state: exit code %d, %d requests", again.exit, len(s.Requests())-before)
	}
}

// checkHidden searches everything that the step leaves behind for secrets, except
// its outputs and its environment.
func checkHidden(t *testing.T, o outcome, secrets ...string) {
	t.Helper()
	noLeak(t, "the log", hosttest.WithoutMasks(hosttest.GitHub, o.both()), secrets...)
	noLeak(t, "the state", o.stateFile, secrets...)
	noLeak(t, "the summary", o.summary, secrets...)
}

// status asks the emulator with a credential, as a later step of the job would.
func status(t *testing.T, s *emulator.Server, path, authorization string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", authorization)
	answer, err := trusting(t, s.CAPEM(), "").Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// In a cancelled job, the runner sends SIGINT to the Docker client, which passes it
// on to azstep, process 1 of the container.
func TestCancelledMintLeavesNothing(t *testing.T) {
	t.Parallel()
	s, j := newEmulator(t), newJob(t)
	held := holdAnswer(t, s)
	c, _, files := j.start(t, step{with: mint(t, j, s, s.Token(emulator.TokenOptions{}))})
	done := make(chan result)
	go func() { done <- finish(t, c) }()
	eventually(t, "the mint", held)
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	o := readOutcome(t, <-done, files)
	if o.exit != 128+int(syscall.SIGINT) || len(active(s)) != 0 || o.outputs["token"] != "" {
		t.Errorf("exit code %d, alive: %+v\n%s", o.exit, active(s), o.both())
	}
}

// A container that is killed cannot clean up, but its state was written before.
func TestPostStepRevokesAfterAKill(t *testing.T) {
	t.Parallel()
	s, j := newEmulator(t), newJob(t)
	held := holdAnswer(t, s)
	with := mint(t, j, s, s.Token(emulator.TokenOptions{}))
	c, name, files := j.start(t, step{with: with})
	done := make(chan result)
	go func() { done <- finish(t, c) }()
	eventually(t, "the mint", held)
	docker(t, "kill", name)
	main := readOutcome(t, <-done, files)
	if main.exit == 0 || len(active(s)) != 1 || len(main.state) == 0 {
		t.Fatalf("killed: exit code %d, %d PATs are alive, %d values of state", main.exit, len(active(s)), len(main.state))
	}
	post := j.run(t, step{with: with, state: main.state, post: true})
	if post.failed() || len(active(s)) != 0 {
		t.Errorf("the post step: exit code %d, alive: %+v\n%s", post.exit, active(s), post.both())
	}
}

// holdAnswer lets the next mint create its PAT, and holds back the response. The
// function that it returns waits until that has happened.
func holdAnswer(t *testing.T, s *emulator.Server) func() bool {
	t.Helper()
	if err := s.AddFault(emulator.Fault{Method: http.MethodPost, Path: "*/pats", DelayAfter: time.Second}); err != nil {
		t.Fatal(err)
	}
	return func() bool { return len(active(s)) == 1 }
}

// If the image does not know a host that can mask, it reports that before it sends
// anything.
func TestActionImageWithoutAHost(t *testing.T) {
	t.Parallel()
	r := finish(t, command(t, nil, "docker", "run", "--rm", "-e", "AZSTEP_OPERATION=mint-pat", actionImage))
	if r.exit != 2 || !strings.Contains(string(r.stderr), "AZSTEP_HOST") {
		t.Errorf("exit code %d: %s", r.exit, r.stderr)
	}
}
