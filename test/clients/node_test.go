package clients

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// install creates a directory with the script and exactly the packages in the lock
// file, without running their install scripts.
func install(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		skip(t, "npm is not here: %v", err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		skip(t, "the Node client cannot be had: %v\n%s", err, out)
	}
	return dir
}

// node performs an operation and returns what the script reports about it.
func (w *world) node(dir, token, operation string) (answer struct {
	Value   json.RawMessage
	Status  int
	Message string
}) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "node", filepath.Join(dir, "drive.js"), operation)
	command.Env = append(os.Environ(), "ORGANIZATION="+w.organization(), "TOKEN="+token, "NODE_EXTRA_CA_CERTS="+w.caFile(),
		"VALID_TO="+time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		w.t.Fatalf("node: %v", err)
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		w.t.Fatalf("node printed %q: %v", out, err)
	}
	return answer
}

// TestNode makes one call at a time.
func TestNode(t *testing.T) {
	t.Parallel()
	dir := install(t)
	for _, c := range []struct{ operation, scopes, want string }{
		{"whoami", "vso.code", `"Jamal Hartnett"`},
		{"projects", "vso.project", `["Fabrikam","Fabrikam Fiber","Contoso"]`},
		{"project", "vso.project", `"8e5a3cfb-fed3-46f3-8657-e3b175cd0305"`},
		{"teams", "vso.project", `["Fabrikam Team","Quality assurance"]`},
		{"allTeams", "vso.project", `["Fabrikam Team","Quality assurance","Fabrikam Fiber Team","Contoso Team"]`},
		{"members", "vso.project", `[{"name":"Jamal Hartnett","admin":false},{"name":"Christie Church","admin":true}]`},
		{"team", "vso.project_manage", `["made by the Node client","changed",["Fabrikam Team","Quality assurance"]]`},
		{"definitions", "vso.build", `[[11,"\\tests"],[12,"\\tests\\slow"]]`},
		{"definition", "vso.build", `"smoke"`},
		{"endpoints", "vso.serviceendpoint", `["deploy","registry","unused","elsewhere"]`},
		{"endpointsByName", "vso.serviceendpoint", `["registry"]`},
		{"variableGroups", "vso.variablegroups_read", `["unused","production secrets","shared settings"]`},
		{"environments", "vso.environment_manage", `["production","production-eu","test","abandoned"]`},
		{"queues", "vso.agentpools", `["Default","Azure Pipelines"]`},
		{"secureFiles", "vso.securefiles_read", `["signing.p12","unused.key"]`},
		{"repositories", "vso.code", `["shop","templates"]`},
		{"allRepositories", "vso.code", `["shop","templates","contoso"]`},
		{"permissions", "vso.build", `[15,42]`},
		{"patchOne", "vso.pipelineresources_manage", `[6,15,42]`},
		{"patchMany", "vso.pipelineresources_manage", `[[6,99]]`},
		{"pats", "", `["none",["node"]]`}, // "" means a user's Entra token instead of a PAT
	} {
		t.Run(c.operation, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			token := w.Token(emulator.TokenOptions{})
			if c.scopes != "" {
				token = w.pat(c.scopes)
			}
			answer := w.node(dir, token, c.operation)
			if string(answer.Value) != c.want {
				t.Errorf("%s, want %s (status %d: %s)", answer.Value, c.want, answer.Status, answer.Message)
			}
		})
	}
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		start(t).nodeRefusals(dir)
	})
}

// nodeRefusals are all 401, because the client asks for no sign-in pages.
func (w *world) nodeRefusals(dir string) {
	w.t.Helper()
	for name, c := range map[string]struct{ token, operation string }{
		"a scope that does not do": {w.pat("vso.code"), "team"},
		"a PAT that nobody has":    {"FAKE-PAT-0001", "projects"},
		"a PAT for the PATs":       {w.pat("vso.project"), "pats"},
		"a user who is no member":  {w.Token(emulator.TokenOptions{Name: "raisa@fabrikam.example", Scopes: "user_impersonation"}), "projects"},
	} {
		if answer := w.node(dir, c.token, c.operation); answer.Status != 401 {
			w.t.Errorf("%s: status %d (%s, %s)", name, answer.Status, answer.Value, answer.Message)
		}
	}
}
