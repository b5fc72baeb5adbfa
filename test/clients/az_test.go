package clients

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// az runs the Azure CLI with its own home directory, and returns the JSON that it
// prints, in one line.
func (w *world) az(home, pat string, arguments ...string) (string, error) {
	w.t.Helper()
	command := exec.CommandContext(w.t.Context(), "az", append(arguments, "--output", "json")...)
	command.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "AZURE_CONFIG_DIR=" + filepath.Join(home, ".azure"),
		"AZURE_CORE_COLLECT_TELEMETRY=0", "AZURE_CORE_ONLY_SHOW_ERRORS=1",
		"AZURE_DEVOPS_EXT_PAT=" + pat, "REQUESTS_CA_BUNDLE=" + w.caFile(),
	}
	var out, problem bytes.Buffer
	command.Stdout, command.Stderr = &out, &problem
	if err := command.Run(); err != nil {
		return strings.TrimSpace(problem.String()), err
	}
	var line bytes.Buffer
	if out.Len() > 0 {
		if err := json.Compact(&line, out.Bytes()); err != nil {
			w.t.Fatalf("az printed %q: %v", out.String(), err)
		}
	}
	return line.String(), nil
}

// needAz skips a test unless az was requested and is installed with its extension.
func needAz(t *testing.T) {
	t.Helper()
	if os.Getenv("AZSTEP_CLIENTS_AZ") != "1" {
		t.Skip("AZSTEP_CLIENTS_AZ is not 1")
	}
	out, err := exec.CommandContext(t.Context(), "az", "version").CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"azure-devops"`) {
		skip(t, "az with its extension azure-devops is not here (Debian: azure-cli, python3-azext-devops): %v\n%s", err, out)
	}
}

// TestAz makes one call at a time; the query (JMESPath) selects what is compared.
func TestAz(t *testing.T) {
	t.Parallel()
	needAz(t)
	permissions := "devops invoke --area pipelinePermissions --resource pipelinePermissions --api-version 7.1-preview --route-parameters project=Fabrikam"
	for _, c := range []struct{ name, command, input, query, want string }{
		{"projects", "devops project list", "", "value[].name", `["Fabrikam","Fabrikam Fiber","Contoso"]`},
		{"project", "devops project show --project Contoso", "", "id", `"6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"`},
		{"teams", "devops team list --project Fabrikam", "", "[].name", `["Fabrikam Team","Quality assurance"]`},
		{"team", "devops team show --project Contoso --team Contoso+Team", "", "name", `"Contoso Team"`},
		{"create team", "devops team create --project Fabrikam --name Az --description by+az", "", "[name,description]", `["Az","by az"]`},
		{"update team", "devops team update --project Fabrikam --team Quality+assurance --description changed", "", "description", `"changed"`},
		{"members", "devops team list-member --project Fabrikam --team Quality+assurance", "", "[].identity.displayName", `["Jamal Hartnett","Christie Church"]`},
		{"pipelines", "pipelines list --project Contoso", "", "[].name", `["build","deploy"]`},
		{"pipeline", "pipelines show --project Fabrikam --id 42", "", "name", `"smoke"`},
		{"definitions", "pipelines build definition list --project Contoso", "", "[].id", `[101,102]`},
		{"endpoints", "devops service-endpoint list --project Fabrikam", "", "[].name", `["deploy","registry","unused","elsewhere"]`},
		{"schemes", "devops service-endpoint list --project Fabrikam", "", "[].authorization.scheme", `["WorkloadIdentityFederation","UsernamePassword","Token","WorkloadIdentityFederation"]`},
		{"endpoint", "devops service-endpoint show --project Fabrikam --id 0fab0000-0000-4000-8000-000000000201", "", "type", `"dockerregistry"`},
		{"open an endpoint", "devops service-endpoint update --project Fabrikam --id 0fab0000-0000-4000-8000-000000000202 --enable-for-all true", "", "authorized", "true"},
		{"variable groups", "pipelines variable-group list --project Fabrikam", "", "[].name", `["unused","production secrets","shared settings"]`},
		{"variable group", "pipelines variable-group show --project Fabrikam --id 1", "", "[name,authorized]", `["shared settings",true]`},
		{"queues", "pipelines queue list --project Fabrikam", "", "[].name", `["Default","Azure Pipelines"]`},
		{"queue", "pipelines queue show --project Fabrikam --id 2", "", "name", `"Azure Pipelines"`},
		{"repositories", "repos list --project Fabrikam", "", "[].name", `["shop","templates"]`},
		{"repository", "repos show --project Fabrikam --repository shop", "", "id", `"0fab0000-0000-4000-8000-000000000301"`},
		{"environments", "devops invoke --area distributedtask --resource environments --api-version 7.1 --route-parameters project=Fabrikam", "", "value[].id", "[1,2,3,4]"},
		{"secure files", "devops invoke --area distributedtask --resource securefiles --api-version 7.1-preview --route-parameters project=Fabrikam", "", "value[].name", `["signing.p12","unused.key"]`},
		{
			"checks", "devops invoke --area PipelinesChecks --resource queryconfigurations --api-version 7.1-preview --route-parameters project=Fabrikam --http-method POST",
			`[{"type":"environment","id":"1"}]`, "count", "0",
		},
		{"permissions", permissions + " resourceType=environment resourceId=1", "", "pipelines[].id", "[15,42]"},
		{
			"patch one permission", permissions + " resourceType=environment resourceId=1 --http-method PATCH",
			`{"pipelines":[{"id":6,"authorized":true}]}`, "pipelines[].id", "[6,15,42]",
		},
		{
			"patch many permissions", permissions + " --http-method PATCH",
			`[{"resource":{"type":"environment","id":"4"},"pipelines":[{"id":6,"authorized":true}]}]`, "value[].pipelines[].id", "[6,99]",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, home := start(t), t.TempDir()
			arguments := append(words(c.command), "--organization", w.organization(), "--query", c.query)
			if c.input != "" {
				file := filepath.Join(home, "input.json")
				if err := os.WriteFile(file, []byte(c.input), 0o600); err != nil {
					t.Fatal(err)
				}
				arguments = append(arguments, "--in-file", file)
			}
			if out, err := w.az(home, w.pat("app_token"), arguments...); err != nil || out != c.want {
				t.Errorf("%v: %s, want %s", err, out, c.want)
			}
		})
	}
}

// words splits a command into arguments; + stands for a space in an argument.
func words(command string) []string {
	return each(strings.Fields(command), func(word string) string { return strings.ReplaceAll(word, "+", " ") })
}

func TestAzRefused(t *testing.T) {
	t.Parallel()
	needAz(t)
	w := start(t)
	out, err := w.az(t.TempDir(), w.pat("vso.code"), "devops", "team", "create", "--project", project, "--name", "No", "--organization", w.organization())
	if err == nil || !strings.Contains(out, "TF400813") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestAzRest passes a token to the CLI: with az 2.45, a sign-in at an authority
// other than Microsoft's asks Microsoft about it first.
func TestAzRest(t *testing.T) {
	t.Parallel()
	needAz(t)
	w, home := start(t), t.TempDir()
	token := w.Token(emulator.TokenOptions{Audience: emulator.IoTCentral})
	for _, c := range []struct{ method, path, body, query, want string }{
		{"get", "roles", "", "value[:3].displayName", `["Administrator","Builder","Operator"]`},
		{"get", "organizations", "", "value[].id", `["us","washington","seattle"]`},
		{"put", "apiTokens/az", `{"roles":[{"role":"ae2c9854-393b-4f97-8c42-479d70ce626e"}]}`, "id", `"az"`},
		{"get", "apiTokens", "", "value[].id", `["az"]`},
		{"delete", "apiTokens/az", "", "", ""},
		{"get", "apiTokens", "", "value", "[]"},
	} {
		arguments := []string{"rest", "--skip-authorization-header", "--headers", "Authorization=Bearer " + token, "--method", c.method,
			"--url", w.URL() + "/api/" + c.path + "?api-version=2022-07-31"}
		if c.body != "" {
			arguments = append(arguments, "--body", c.body)
		}
		if c.query != "" {
			arguments = append(arguments, "--query", c.query)
		}
		if out, err := w.az(home, "", arguments...); err != nil || out != c.want {
			t.Errorf("%s %s: %v: %s, want %s", c.method, c.path, err, out, c.want)
		}
	}
}

// TestAzReadsWhatWasEnsured has the Azure CLI read what azstep's ensure-permissions
// wrote.
func TestAzReadsWhatWasEnsured(t *testing.T) {
	t.Parallel()
	needAz(t)
	w, home := start(t), t.TempDir()
	w.ensure(ensurePolicy)
	for _, c := range []struct{ resource, query, want string }{
		{"resourceType=environment resourceId=1", "[pipelines[].id,allPipelines.authorized]", "[[15,16],null]"},
		{"resourceType=environment resourceId=3", "[pipelines[].id,allPipelines.authorized]", "[[6],null]"},
		{"resourceType=variablegroup resourceId=3", "[pipelines[].id,allPipelines.authorized]", "[[],true]"},
		{"resourceType=environment resourceId=2", "[pipelines[].id,allPipelines.authorized]", "[[15],null]"},
	} {
		command := "devops invoke --area pipelinePermissions --resource pipelinePermissions --api-version 7.1-preview --route-parameters project=Fabrikam " + c.resource
		out, err := w.az(home, w.pat("vso.build"), append(words(command), "--organization", w.organization(), "--query", c.query)...)
		if err != nil || out != c.want {
			t.Errorf("%s: %v: %s, want %s", c.resource, err, out, c.want)
		}
	}
	out, err := w.az(home, w.pat("app_token"), append(words("pipelines variable-group show --project Fabrikam --id 3"), "--organization", w.organization(), "--query", "[name,authorized]")...)
	if err != nil || out != `["unused",true]` {
		t.Errorf("%v: %s", err, out)
	}
}
