package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

func TestBulkAndPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.Generate("fabrikam", "Contoso",
		emulator.Bulk{Type: "team", Count: 250, Name: "Team #"},
		emulator.Bulk{Type: "pipeline", Count: 2100},
		emulator.Bulk{Type: "environment", Count: 1000, Name: "env-#", Pipelines: []int{101}},
		emulator.Bulk{Type: "repository", Count: 10, OpenAccess: true},
	); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]int{ // elements, pages
		"distributedtask/environments":           {1001, 11},
		"distributedtask/environments?$top=1000": {1001, 2},
		"build/definitions":                      {2102, 3},
		"git/repositories":                       {11, 1},
	} {
		names, pages := w.walk("/fabrikam/Contoso/_apis/"+path, w.full())
		if len(names) != want[0] || pages != want[1] {
			t.Errorf("%s: %d in %d pages, want %v", path, len(names), pages, want)
		}
	}
	w.SetQuirks(emulator.Quirks{PageSize: 3})
	if _, pages := w.walk("/fabrikam/Contoso/_apis/distributedtask/variablegroups?$top=100", w.full()); pages != 1 {
		t.Errorf("3 variable groups in pages of 3 are %d pages", pages)
	}
	if _, pages := w.walk("/fabrikam/Contoso/_apis/build/definitions?name=pipeline-00*", w.full()); pages != 33 {
		t.Errorf("99 definitions in pages of 3 are %d pages", pages)
	}
	var b permissionsBody
	w.send("GET", "/fabrikam/Contoso/_apis/pipelines/pipelinepermissions/environment/1011"+previewVersion, w.full(), nil).json(t, &b)
	if len(b.Pipelines) != 1 || b.Pipelines[0].ID != 101 {
		t.Errorf("the last environment has %+v", b)
	}
}

func TestBulkOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct {
		path, body string
		status     int
	}{
		{"fabrikam/Contoso", `{"type":"queue","count":3,"name":"queue #","openAccess":true}`, 204},
		{"fabrikam/Contoso", `{"type":"securefile","count":2}`, 204},
		{"fabrikam/Contoso", `{"type":"securefile","count":2}`, 400}, // exists already
		{"fabrikam/Contoso", `{"type":"planet","count":1}`, 400},
		{"fabrikam/Contoso", `{"kind":"queue"}`, 400},
		{"fabrikam/Contoso", `{"type":"queue","count":-1}`, 400},
		{"fabrikam/Contoso", `{"type":"team","count":1000000000}`, 400}, // would need too much memory
		{"fabrikam/Nowhere", `{"type":"queue","count":3}`, 400},
		{"nobody/Contoso", `{"type":"queue","count":3}`, 400},
	} {
		if got := w.send("POST", "/_emulator/bulk/"+tt.path, "", tt.body); got.status != tt.status {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, got.status, got.body)
		}
	}
	names, _ := w.walk("/fabrikam/Contoso/_apis/distributedtask/queues", w.full())
	if got := strings.Join(names, ","); got != "Default,queue 0001,queue 0002,queue 0003" {
		t.Errorf("queues %s", got)
	}
	for _, view := range []string{"teams", "permissions", "apitokens"} {
		var list struct{ Count int }
		w.send("GET", "/_emulator/state/"+view, "", nil).json(t, &list)
		want := map[string]int{"teams": len(w.Teams()), "permissions": len(w.Permissions()), "apitokens": 0}[view]
		if list.Count != want {
			t.Errorf("%s: %d, want %d", view, list.Count, want)
		}
	}
}

func TestResourcesThatAreRefused(t *testing.T) {
	t.Parallel()
	const frame = `
tenants: [{id: 0fab0000-0000-4000-8000-000000000001, users: [{id: x, name: x, email: x}]}]
organizations:
  - name: o
    id: 0fab0000-0000-4000-8000-000000000002
    tenant: 0fab0000-0000-4000-8000-000000000001
    projects: [{id: 0fab0000-0000-4000-8000-000000000003, name: p, %s}]
iotCentral: [%s]
`
	const app = "{id: 0fab0000-0000-4000-8000-000000000004, subdomain: a}"
	for _, tt := range []struct {
		project, app string
		good         bool
	}{
		{"resources: [{type: queue, id: 1}]", app, true},
		{"resources: [{type: planet, id: 1}]", app, false},
		{"resources: [{type: queue, id: one}]", app, false},
		{"resources: [{type: queue, id: 0}]", app, false},
		{"resources: [{type: endpoint, id: 1}]", app, false},
		{"resources: [{type: queue, id: 1}, {type: queue, id: 1}]", app, false},
		{"serviceConnections: [{id: 1, name: x}]", app, false},
		{"bulk: [{type: planet, count: 1}]", app, false},
		{"bulk: [{type: endpoint, count: 3}]", app, true},
		{"teams: []", "{id: x, subdomain: a}", false},
		{"teams: []", "{id: 0fab0000-0000-4000-8000-000000000004}", false},
		{"teams: []", strings.Replace(app, "a}", "a, members: [{id: x, role: y}]}", 1), false},
	} {
		_, err := emulator.New(emulator.Options{Seed: fmt.Appendf(nil, frame, tt.project, tt.app)})
		if (err == nil) != tt.good {
			t.Errorf("%s, %s: %v", tt.project, tt.app, err)
		}
	}
}

// BenchmarkPermissions reads the permissions of a resource in a project with 10,000
// resources.
func BenchmarkPermissions(b *testing.B) {
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Generate("fabrikam", "Fabrikam", emulator.Bulk{Type: "environment", Count: 10_000, Pipelines: []int{6}}); err != nil {
		b.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client := trusting(b, s)
	auth := "Bearer " + s.Token(emulator.TokenOptions{Scopes: "vso.build"})
	for n := 0; b.Loop(); n++ {
		r, _ := http.NewRequest(http.MethodGet, s.URL()+permissionsPath(fmt.Sprintf("environment/%d", n%10_000+5)), nil)
		r.Header.Set("Authorization", auth)
		res, err := client.Do(r)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatal(res, err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}
}
