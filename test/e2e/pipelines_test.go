//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

func TestContainerJobMintsAndReleases(t *testing.T) {
	t.Parallel()
	s := newEmulator(t)
	j := newContainerJob(t, s)
	user := s.Token(emulator.TokenOptions{})
	credential := "AZSTEP_CREDENTIAL=" + user

	minted := j.bash(t, "azstep mint-pat", credential, "AZSTEP_SCOPES=vso.code")
	token := minted.output("token")
	if minted.failed() || token.Value == "" || !token.Secret {
		t.Fatalf("exit code %d, %q\n%s", minted.exit, minted.agent.Issues, minted.both())
	}
	if alive := active(s); len(alive) != 1 || alive[0].AuthorizationID != minted.output("authorizationId").Value {
		t.Fatalf("valid: %+v", alive)
	}
	secrets := []string{user, token.Value, strings.TrimPrefix(minted.output("authorizationHeader").Value, "Basic ")}
	noLeak(t, "the log", hosttest.WithoutMasks(hosttest.AzurePipelines, minted.both()), secrets...)
	if shown := minted.agent.Mask(strings.Join(secrets, " ")); shown != "*** *** ***" {
		t.Error("the agent cannot mask every secret: a later step would print it")
	}
	if len(minted.agent.Summaries) != 1 {
		t.Errorf("summaries: %q", minted.agent.Summaries)
	}
	compareWithTaskLib(t, minted)

	post := j.bash(t, "azstep post", credential)
	if post.failed() || len(active(s)) != 0 {
		t.Fatalf("azstep post: exit code %d, alive: %+v\n%s", post.exit, active(s), post.both())
	}
	noLeak(t, "the log of the last step", hosttest.WithoutMasks(hosttest.AzurePipelines, post.both()), secrets...)
	before := len(s.Requests())
	if again := j.bash(t, "azstep post", credential); again.failed() || len(s.Requests()) != before {
		t.Errorf("a second azstep post: exit code %d, %d requests", again.exit, len(s.Requests())-before)
	}
}

// A job token that the step maps is enough to ensure the team; no other credential
// is needed.
func TestContainerJobWithItsOwnToken(t *testing.T) {
	t.Parallel()
	s := newEmulator(t)
	j := newContainerJob(t, s)
	token, err := s.ProjectJobToken("fabrikam", "Fabrikam Fiber", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	o := j.bash(t, "azstep ensure-team", "SYSTEM_ACCESSTOKEN="+token, "AZSTEP_PROJECT=Fabrikam Fiber", "AZSTEP_TEAM=Release")
	if o.failed() || o.output("created").Value != "true" {
		t.Errorf("exit code %d, %q\n%s", o.exit, o.agent.Issues, o.both())
	}
	noLeak(t, "the log", hosttest.WithoutMasks(hosttest.AzurePipelines, o.both()), token)
	compareWithTaskLib(t, o)
}

// A failure must be reported to the agent, without colors.
func TestContainerJobFails(t *testing.T) {
	t.Parallel()
	s := newEmulator(t)
	j := newContainerJob(t, s)
	user := s.Token(emulator.TokenOptions{Name: "raisa@fabrikam.example"})
	o := j.bash(t, "azstep mint-pat", "AZSTEP_CREDENTIAL="+user, "AZSTEP_SCOPES=vso.code")
	if o.exit != 1 || len(o.agent.Issues) != 1 || o.output("error").Value == "" {
		t.Errorf("exit code %d, %q\n%s", o.exit, o.agent.Issues, o.both())
	}
	noLeak(t, "the log", hosttest.WithoutMasks(hosttest.AzurePipelines, o.both()), user)
	compareWithTaskLib(t, o)
}

func TestContainerJobRunsACommand(t *testing.T) {
	t.Parallel()
	s := newEmulator(t)
	j := newContainerJob(t, s)
	o := j.bash(t, `azstep exec mint-pat -- bash -c 'echo "the token is $AZSTEP_TOKEN"; exit 7'`,
		"AZSTEP_CREDENTIAL="+s.Token(emulator.TokenOptions{}), "AZSTEP_SCOPES=vso.code")
	if o.exit != 7 || string(o.stdout) != "the token is ***\n" || len(active(s)) != 0 || len(s.PATs()) != 1 {
		t.Errorf("exit code %d, %q, alive: %+v\n%s", o.exit, o.stdout, active(s), o.stderr)
	}
}

// `docker run` in a script step is the usual way if the job is not a container job:
// the image knows which host reads its log.
func TestPipelinesImageInAScriptStep(t *testing.T) {
	t.Parallel()
	s := newEmulator(t)
	env := []string{
		"AZSTEP_ORGANIZATION=" + s.URL() + "/fabrikam", "AZSTEP_SCOPES=vso.code", "AZSTEP_CA_FILE=" + string(s.CAPEM()),
		"AZSTEP_CREDENTIAL=" + s.Token(emulator.TokenOptions{}),
	}
	args := append([]string{"run", "--rm", "--network", "host"}, flags("-e", names(env)...)...)
	o := agentOutcome{result: finish(t, command(t, env, "docker", append(args, pipelinesImage, "azstep", "mint-pat")...))}
	o.agent.Feed(o.stdout)
	o.agent.Feed(o.stderr)
	if token := o.output("token"); o.failed() || !token.Secret || len(active(s)) != 1 {
		t.Errorf("exit code %d, alive: %+v\n%s", o.exit, active(s), o.both())
	}
	if len(o.agent.Attachments) != 0 {
		t.Errorf("the agent is told to read a file of a container that no longer exists: %+v", o.agent.Attachments)
	}
}
