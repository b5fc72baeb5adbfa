package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

const teamsPath = "/fabrikam/_apis/projects/Fabrikam/teams"

const version = "?api-version=7.1"

// teamBody holds the properties of WebApiTeam that the tests check.
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
	if all.Count != 14 { // 132 in this project, and the default teams of the two others
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

// Of several clients that create the same team at once, one succeeds, and the others
// learn that it exists.
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
