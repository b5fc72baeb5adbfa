package emulator_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

const teamsPath = "/fabrikam/_apis/projects/Fabrikam/teams"

const version = "?api-version=7.1"

// teamBody is WebApiTeam as far as the tests look at it.
type teamBody struct {
	ID, Name, Description, URL, IdentityURL, ProjectID, ProjectName string
	Identity                                                        *struct{ ProviderDisplayName string }
}

func TestTeamLivesFromCreateToDelete(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	var made, found, changed teamBody
	w.send("POST", teamsPath+version, w.full(), `{"name":" Release crew ","description":" Ships. "}`).json(t, &made)
	if made.Name != "Release crew" || made.Description != "Ships." || made.ProjectName != "Fabrikam" || made.ID == "" {
		t.Errorf("created %+v", made)
	}
	w.send("GET", teamsPath+"/release%20CREW"+version+"&$expandIdentity=true", w.full(), nil).json(t, &found)
	if found.ID != made.ID || found.Identity == nil || found.Identity.ProviderDisplayName != `[Fabrikam]\Release crew` {
		t.Errorf("found %+v", found)
	}
	var byURL teamBody
	w.send("GET", strings.TrimPrefix(made.URL, w.URL()), w.full(), nil).json(t, &byURL)
	if byURL.ID != made.ID || byURL.Identity != nil {
		t.Errorf("the team's address leads to %+v", byURL)
	}
	w.send("PATCH", teamsPath+"/"+made.ID+version, w.full(), `{"description":"Lands."}`).json(t, &changed)
	if changed.Name != "Release crew" || changed.Description != "Lands." {
		t.Errorf("changed %+v", changed)
	}
	if got := w.send("DELETE", teamsPath+"/"+made.ID+version, w.full(), nil); got.status != http.StatusNoContent {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	got := w.send("GET", teamsPath+"/Release%20crew", w.full(), nil)
	if got.status != http.StatusNotFound || !strings.Contains(string(got.body), "TeamNotFoundException") {
		t.Errorf("after delete: %d %s", got.status, got.body)
	}
}

func TestTeamsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	christie := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example", Scopes: "user_impersonation"})
	before := len(w.Teams())
	for _, tt := range []struct {
		name, path, auth, body string
		status                 int
		want                   string
	}{
		{"exists", teamsPath, w.full(), `{"name":" quality ASSURANCE"}`, 400, "already used"},
		{"built-in group", teamsPath, w.full(), `{"name":"contributors"}`, 400, "already used"},
		{"seeded group", teamsPath, w.full(), `{"name":"Release managers"}`, 400, "already used"},
		{"no name", teamsPath, w.full(), `{}`, 400, "is not valid"},
		{"bad name", teamsPath, w.full(), `{"name":"a/b"}`, 400, "is not valid"},
		{"description", teamsPath, w.full(), fmt.Sprintf(`{"name":"x","description":%q}`, strings.Repeat("x", 257)), 400, "description is longer"},
		{"no right", teamsPath, christie, `{"name":"x"}`, 400, "TF50309"},
		{"no JSON", teamsPath, w.full(), `{`, 400, "TF400898"},
		{"project", "/fabrikam/_apis/projects/Nowhere/teams", w.full(), `{"name":"x"}`, 404, "TF200016"},
		{"scope", teamsPath, w.bearer(emulator.TokenOptions{Scopes: "vso.project_write"}), `{"name":"x"}`, 401, "TF400813"},
		{"other tenant", teamsPath, w.bearer(emulator.TokenOptions{Name: "ada@contoso.example"}), `{"name":"x"}`, 401, "TF400813"},
	} {
		got := w.send("POST", tt.path+version, tt.auth, tt.body)
		var e struct{ TypeKey, Message string }
		got.json(t, &e)
		if got.status != tt.status || !strings.Contains(e.Message, tt.want) || e.TypeKey == "" {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if after := len(w.Teams()); after != before {
		t.Errorf("%d teams, there were %d", after, before)
	}
}

func TestRenameOntoAnother(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	path := teamsPath + "/Quality%20assurance" + version
	if got := w.send("PATCH", path, w.full(), `{"name":"fabrikam team"}`); got.status != 400 {
		t.Errorf("onto another team: %d %s", got.status, got.body)
	}
	if got := w.send("PATCH", path, w.full(), `{"name":"Quality Assurance"}`); got.status != 200 {
		t.Errorf("onto itself in another case: %d %s", got.status, got.body)
	}
}

// A PAT has its scopes and its owner's rights, and no more.
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
		{"vso.code", "GET", 200}, // which includes vso.profile
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

// basic mints a PAT and returns the header that it is used with.
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
		{"Fabrikam", "POST", "Fabrikam", 400}, // nobody has made it an administrator
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

func TestTeamPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for i := range 130 {
		if got := w.send("POST", teamsPath+version, w.full(), map[string]string{"name": fmt.Sprintf("Team %03d", i)}); got.status != 200 {
			t.Fatalf("team %d: %d %s", i, got.status, got.body)
		}
	}
	count := func(query string) int {
		var page struct {
			Count int
			Value []teamBody
		}
		w.send("GET", teamsPath+query, w.full(), nil).json(t, &page)
		if page.Count != len(page.Value) {
			t.Errorf("count is %d, of %d", page.Count, len(page.Value))
		}
		return page.Count
	}
	for query, want := range map[string]int{
		"": 100, "?$top=1000": 132, "?$skip=100": 32, "?$top=50&$skip=100": 32, "?$top=5&$skip=132": 0, "?$mine=true&$top=1000": 132,
	} {
		if got := count(query); got != want {
			t.Errorf("%q: %d teams, want %d", query, got, want)
		}
	}
	w.SetQuirks(emulator.Quirks{PageSize: 20})
	if got := count("?$top=1000"); got != 20 {
		t.Errorf("a page of at most 20 has %d", got)
	}
	var all struct{ Count int }
	w.send("GET", "/fabrikam/_apis/teams?api-version=7.1-preview.3&$skip=120", w.full(), nil).json(t, &all)
	if all.Count != 14 { // 132 here, and the default teams of the two other projects
		t.Errorf("%d teams of the organization beyond 120", all.Count)
	}
}

func TestTeamNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"Team": true, "Ünïcode 組": true, "a.b-c (d)_e!": true, strings.Repeat("x", 64): true, "COM11": true, "LPT10": true,
		strings.Repeat("x", 65): false, strings.Repeat("😀", 33): false, "": false, "a/b": false, "a:b": false, `a\b`: false,
		"a~": false, "a&b": false, "50%": false, "a;": false, "a@b": false, "it's": false, `"a"`: false, "a?": false, "<a>": false,
		"a|b": false, "a#1": false, "$a": false, "a*": false, "{a}": false, "a,b": false, "a+b": false, "a=b": false, "[a]": false,
		"wait…": false, "a..b": false, "_a": false, ".a": false, "a.": false, "a\tb": false, "a\u0085b": false, "con": false, "COM10": false,
		"lpt9": false, "bad \ufffd": false,
	} {
		if problem := emulator.TeamNameProblem(name); (problem == "") != good {
			t.Errorf("%q: %q", name, problem)
		}
	}
}

func TestQuirksOfTeams(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if got := w.send("PUT", "/_emulator/quirks", "", `{"createdIs201": true}`); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := w.send("POST", teamsPath+version, w.full(), `{"name":"x"}`); got.status != 201 {
		t.Errorf("create: %d", got.status)
	}
	if got := w.send("PUT", "/_emulator/quirks", "", `{"createdIs202": true}`); got.status != 400 {
		t.Errorf("an unknown quirk: %d", got.status)
	}
	var teams struct{ Value []emulator.Team }
	w.send("GET", "/_emulator/state/teams", "", nil).json(t, &teams)
	if len(teams.Value) != len(w.Teams()) || teams.Value[2].Name != "x" {
		t.Errorf("state: %+v", teams.Value)
	}
}

func TestProject(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, name := range []string{"fabrikam%20fiber", "8E5A3CFB-fed3-46f3-8657-e3b175cd0305"} {
		var p struct {
			ID, Name, State, Visibility string
			DefaultTeam                 teamBody
		}
		w.send("GET", "/fabrikam/_apis/projects/"+name+version, w.full(), nil).json(t, &p)
		if p.Name != "Fabrikam Fiber" || p.State != "wellFormed" || p.Visibility != "private" ||
			p.DefaultTeam.Name != "Fabrikam Fiber Team" || p.DefaultTeam.ID != emulator.GUIDOf(p.ID, "team") {
			t.Errorf("%s is %+v", name, p)
		}
	}
	if got := w.send("GET", "/fabrikam/_apis/projects/none", w.full(), nil); got.status != 404 {
		t.Errorf("an unknown project: %d", got.status)
	}
}

func TestProjectPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	var names []string
	next := ""
	for range 10 {
		got := w.send("GET", "/fabrikam/_apis/projects?$top=2&continuationToken="+url.QueryEscape(next), w.full(), nil)
		var page struct{ Value []struct{ Name string } }
		got.json(t, &page)
		for _, p := range page.Value {
			names = append(names, p.Name)
		}
		if next = got.header.Get("X-MS-ContinuationToken"); next == "" {
			break
		}
	}
	if got := strings.Join(names, ","); got != "Fabrikam,Fabrikam Fiber,Contoso" {
		t.Errorf("projects %s", got)
	}
	var page struct{ Count int }
	if w.send("GET", "/fabrikam/_apis/projects?$skip=2", w.full(), nil).json(t, &page); page.Count != 1 {
		t.Errorf("%d projects after two", page.Count)
	}
}

// Whoever asks at the same time as others gets the team, or learns that it is there.
func TestOneOfManyCreatesTheTeam(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	statuses := make(chan int)
	auth := w.full()
	for range 8 {
		go func() {
			got, err := w.try("POST", teamsPath+version, auth, `{"name":"wanted by all"}`)
			if err != nil {
				t.Error(err)
			}
			statuses <- got.status
		}()
	}
	count := map[int]int{}
	for range 8 {
		count[<-statuses]++
	}
	if count[200] != 1 || count[400] != 7 {
		t.Errorf("statuses %v", count)
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
		{"PATCH", "Quality%20assurance", `{"description":"hers"}`, 200}, // which she administers
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

func TestAProjectIsFull(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.Generate("fabrikam", "Fabrikam", emulator.Bulk{Type: "team", Count: 4997}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 400} {
		if got := w.send("POST", teamsPath+version, w.full(), map[string]string{"name": fmt.Sprint("last ", i)}); got.status != want {
			t.Errorf("team %d: %d %s", 5000+i, got.status, got.body)
		}
	}
}
