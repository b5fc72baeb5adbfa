package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// A PAT has its scopes and the permissions of its owner, and no more.
func TestTeamsWithPATs(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct {
		scope, method string
		status        int
	}{
		{"vso.code", "POST", 401},
		{"vso.project", "POST", 401},
		{"vso.project_manage", "POST", 200},
		{"vso.project_manage", "GET", 200},
		{"vso.profile", "GET", 200},
		{"vso.code", "GET", 200}, // it includes vso.profile
		{"vso.graph", "GET", 401},
		{"app_token", "POST", 200},
	} {
		var body any
		if tt.method == "POST" {
			body = map[string]string{"name": "by " + tt.scope}
		}
		auth := w.basic(tt.scope)
		if got := w.send(tt.method, teamsPath+version, auth, body); got.status != tt.status {
			t.Errorf("%s with %s: %d %s", tt.method, tt.scope, got.status, got.body)
		}
	}
}

// basic creates a PAT and returns the header for it.
func (w *world) basic(scope string) string {
	w.t.Helper()
	wanted := wish("a PAT")
	wanted["scope"] = scope
	var b patBody
	w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wanted).json(w.t, &b)
	return basicAuth(b.PATToken.Token)
}

func TestJobTokens(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	job := func(project string) string {
		token, err := w.ProjectJobToken("fabrikam", project, time.Hour)
		if project == "" {
			token, err = w.JobToken("fabrikam", time.Hour)
		}
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token
	}
	for _, tt := range []struct {
		job, method, project string
		status               int
	}{
		{"Fabrikam", "GET", "Fabrikam", 200},
		{"Fabrikam", "POST", "Fabrikam", 400}, // it is not an administrator
		{"Fabrikam", "GET", "Contoso", 404},
		{"Fabrikam Fiber", "POST", "Fabrikam%20Fiber", 200},
		{"", "GET", "Contoso", 200},
		{"", "POST", "Contoso", 400},
	} {
		path := "/fabrikam/_apis/projects/" + tt.project + "/teams" + version
		if got := w.send(tt.method, path, job(tt.job), map[string]string{"name": "x"}); got.status != tt.status {
			t.Errorf("%s in %s: %d %s", tt.method, tt.project, got.status, got.body)
		}
	}
	var projects struct{ Value []struct{ Name string } }
	w.send("GET", "/fabrikam/_apis/projects", job("Fabrikam"), nil).json(t, &projects)
	if len(projects.Value) != 1 || projects.Value[0].Name != "Fabrikam" {
		t.Errorf("the job sees %+v", projects.Value)
	}
	for _, where := range [][2]string{{"nobody", "x"}, {"fabrikam", "x"}, {"contoso", "Contoso"}} {
		if _, err := w.ProjectJobToken(where[0], where[1], time.Hour); err == nil {
			t.Errorf("a token for a job in %v", where)
		}
	}
}

func TestRightsInATeam(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	application := w.bearer(emulator.TokenOptions{App: true, Name: "deploy"})
	christie := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example", Scopes: "user_impersonation"})
	if got := w.send("POST", teamsPath+version, application, `{"name":"by an application"}`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, tt := range []struct {
		method, team, body string
		status             int
	}{
		{"PATCH", "Quality%20assurance", `{"description":"hers"}`, 200}, // she administers this team
		{"PATCH", "by%20an%20application", `{"description":"not hers"}`, 400},
		{"PATCH", "Quality%20assurance", `[`, 400},
		{"PATCH", "nobody", `{}`, 404},
		{"DELETE", "Quality%20assurance", "", 400},
	} {
		if got := w.send(tt.method, teamsPath+"/"+tt.team+version, christie, tt.body); got.status != tt.status {
			t.Errorf("%s %s: %d %s", tt.method, tt.team, got.status, got.body)
		}
	}
	var members struct {
		Value []struct {
			IsTeamAdmin bool
			Identity    struct{ DisplayName, UniqueName string }
		}
	}
	w.send("GET", teamsPath+"/by%20an%20application/members", christie, nil).json(t, &members)
	if len(members.Value) != 1 || !members.Value[0].IsTeamAdmin || members.Value[0].Identity.DisplayName != "deploy" {
		t.Errorf("members %+v", members.Value)
	}
}
