package host

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  string
		pid  int
		want Kind // empty for invalid-input
	}{
		{"", 7, Local},
		{"GITHUB_ACTIONS=true", 1, GitHub},
		{"GITHUB_ACTIONS=true CI=true AZSTEP_HOST=local", 1, GitHub},
		{"GITHUB_ACTIONS=true AZSTEP_HOST=nonsense", 1, GitHub},
		{"TF_BUILD=True", 7, AzurePipelines},
		{"TF_BUILD=true AZSTEP_HOST=local", 7, AzurePipelines},
		{"GITHUB_ACTIONS=true TF_BUILD=True", 7, ""},
		{"GITHUB_ACTIONS=TRUE", 7, ""},
		{"GITHUB_ACTIONS=false CI=0 TF_BUILD=False", 7, Local},
		{"AZSTEP_HOST=azure-pipelines", 1, AzurePipelines},
		{"AZSTEP_HOST=github CI=true", 1, GitHub},
		{"AZSTEP_HOST=local JENKINS_URL=x", 1, Local},
		{"AZSTEP_HOST=Local", 7, ""},
		{"AZSTEP_HOST=gitlab", 7, ""},
		{"AZSTEP_HOST=", 7, Local},
		{"", 1, ""},
		{"CI=true", 7, ""},
		{"CI=woodpecker", 7, ""},
		{"CI=false", 7, Local},
		{"CI=FALSE", 7, Local},
		{"CI=0", 7, Local},
		{"CI=", 7, Local},
		{"BUILD_BUILDID=0", 7, ""},
		{"AGENT_ID=4", 7, ""},
		{"SYSTEM_COLLECTIONURI=https://dev.azure.com/fabrikam/", 7, ""},
		{"SYSTEM_TEAMFOUNDATIONCOLLECTIONURI=x", 7, ""},
		{"GITLAB_CI=true", 7, ""},
		{"JENKINS_URL=x", 7, ""},
		{"BUILDKITE=true", 7, ""},
		{"GITHUB_RUN_ID=1", 7, ""},
		{"FORGEJO_ACTIONS=true", 7, ""},
	} {
		got, err := Detect(environ(c.env), c.pid)
		if c.want == "" {
			if !fault.Is(err, fault.InvalidInput) || fault.From(err).ExitCode() != 2 || got != Local {
				t.Errorf("Detect(%q, %d) = %q, %v; want local and invalid-input", c.env, c.pid, got, err)
			}
			continue
		}
		if got != c.want || err != nil {
			t.Errorf("Detect(%q, %d) = %q, %v; want %q", c.env, c.pid, got, err, c.want)
		}
	}
}

func TestDetectSaysTheWayOut(t *testing.T) {
	t.Parallel()
	_, err := Detect(environ("BUILD_BUILDID=12"), 1)
	text := err.Error() + strings.Join(fault.From(err).Advice(), " ")
	for _, want := range []string{"BUILD_BUILDID", "-e TF_BUILD", "AZSTEP_HOST=azure-pipelines", "set AZSTEP_HOST"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q does not name %s", text, want)
		}
	}
}

func TestActionMode(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]bool{"INPUT_OPERATION=": true, "INPUT_OPERATION=mint-pat": true, "AZSTEP_OPERATION=mint-pat": false} {
		if got := start(Options{Kind: GitHub, Env: environ(env)}).ActionMode(); got != want {
			t.Errorf("%s: action mode %v", env, got)
		}
		if start(Options{Kind: AzurePipelines, Env: environ(env)}).ActionMode() {
			t.Errorf("%s: action mode on Azure Pipelines", env)
		}
	}
}

func TestStartedAs(t *testing.T) {
	t.Parallel()
	for argv0, want := range map[string]Started{
		"azstep-github": {Kind: GitHub}, "/azstep-github": {Kind: GitHub}, "azstep-github.exe": {Kind: GitHub},
		"/azstep-github-post": {Kind: GitHub, Post: true}, "/azstep-post": {Post: true},
		"azstep": {}, "/opt/azstep-github/azstep": {}, "azstep-linux-x64": {}, "azstep-githubs": {}, "": {},
	} {
		if got := StartedAs(argv0); got != want {
			t.Errorf("%q: %+v", argv0, got)
		}
	}
	if !start(Options{Kind: GitHub, Action: true}).ActionMode() {
		t.Error("started by the action's script, without INPUT_OPERATION: not in action mode")
	}
}

// environ parses "A=1 B=2".
func environ(text string) map[string]string {
	env := map[string]string{}
	for field := range strings.FieldsSeq(text) {
		key, value, _ := strings.Cut(field, "=")
		env[key] = value
	}
	return env
}
