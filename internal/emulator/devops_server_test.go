package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestServerVersions(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	pat := w.basic("app_token")
	const (
		teams       = "/fabrikam/_apis/projects/Fabrikam/teams"
		queues      = "/fabrikam/Fabrikam/_apis/distributedtask/queues"
		permissions = "/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/queue/1"
	)
	for _, c := range []struct{ server, path, version, message string }{
		{"2022", teams, "7.1", "The requested REST API version of 7.1 is out of range for this server. The latest REST API version this server supports is 7.0."},
		{"2022", teams, "7.0", ""},
		{"2022", queues, "7.0", ""},
		{"2022", permissions, "7.0-preview.1", ""},
		{"2022", permissions, "7.0", "under preview"},
		{"2020.1", teams, "7.0", "this server supports is 6.1."},
		{"2020.1", teams, "6.1", "under preview"},
		{"2020.1", teams, "6.1-preview.3", ""},
		{"2020.1", teams, "6.0", ""},
		{"2020", teams, "6.1-preview", "this server supports is 6.0."},
		{"2020", teams, "6.0", ""},
		{"2020", queues, "6.0", "under preview"},
		{"2020", queues, "6.0-preview.1", ""},
		{"2020", permissions, "6.0-preview.1", ""},
		{"2019", teams, "6.0", "this server supports is 5.0."},
		{"2019", teams, "5.0", ""},
		{"", teams, "7.1", ""},
		{"", queues, "7.0", ""},
	} {
		if err := w.SetServerVersion(c.server); err != nil {
			t.Fatal(err)
		}
		got := w.send(http.MethodGet, c.path+"?api-version="+c.version, pat, nil)
		var refused struct{ Message string }
		got.json(t, &refused)
		if (got.status == http.StatusOK) != (c.message == "") || !strings.Contains(refused.Message, c.message) {
			t.Errorf("Server %q, %s %s: %d %s", c.server, c.path, c.version, got.status, got.body)
		}
	}
}

func TestServerHasWhatServersHave(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Seed: []byte(strings.Replace(string(emulator.DefaultSeed()), "tenants:", "server: 2020\ntenants:", 1))})
	text, _, err := w.AddPAT("fabrikam", "", "app_token", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	pat := basicAuth(text)
	user := w.bearer(emulator.TokenOptions{Scopes: "user_impersonation"})
	const query = "/fabrikam/Fabrikam/_apis/pipelines/checks/queryconfigurations"
	ask := func(method, path, auth string, want int, text string) {
		t.Helper()
		got := w.send(method, path, auth, []any{}, "X-TFS-FedAuthRedirect: Suppress")
		if got.status != want || !strings.Contains(string(got.body), text) {
			t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
		}
	}
	ask("GET", "/fabrikam/_apis/projects", user, 401, "TF400813") // no Entra tokens
	ask("GET", "/fabrikam/_apis/tokens/pats?api-version=6.0-preview.1", pat, 404, "HttpException")
	ask("POST", query+"?api-version=6.0-preview.1", pat, 404, "HttpException")
	ask("GET", "/fabrikam/_apis/connectionData", pat, 200, `"deploymentType":"onPremises"`)
	ask("GET", "/fabrikam/_apis/resourceareas", pat, 200, `"count":0`)
	ask("GET", "/fabrikam/_apis/resourceareas/970aa69f-e316-4d78-b7b0-b7137e47a22c", pat, 200, "null")
	ask("OPTIONS", "/fabrikam/_apis/core", pat, 200, `"maxVersion":"6.0","releasedVersion":"6.0"`)
	ask("OPTIONS", "/fabrikam/_apis/tokens", pat, 200, `"count":0`)
	if err := w.SetServerVersion("2020.1"); err != nil {
		t.Fatal(err)
	}
	ask("POST", query+"?api-version=6.1-preview.1", pat, 200, `"count":0`)
	if err := w.SetServerVersion("2013"); err == nil || !strings.Contains(err.Error(), "use 2022, 2020.1, 2020, 2019") {
		t.Errorf("unknown version: %v", err)
	}
	ask("GET", "/fabrikam/_apis/projects?api-version=6.1-preview", pat, 200, "Fabrikam") // the invalid version changed nothing
}
