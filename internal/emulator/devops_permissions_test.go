package emulator_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/go-cmp/cmp"
)

const previewVersion = "?api-version=7.1-preview.1"

func permissionsPath(resource string) string {
	return "/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/" + resource + previewVersion
}

// permissionsBody is ResourcePipelinePermissions.
type permissionsBody struct {
	Resource     struct{ Type, ID string }
	AllPipelines *struct {
		Authorized   bool
		AuthorizedBy *struct{ DisplayName string }
	}
	Pipelines []struct {
		ID           int
		Authorized   bool
		AuthorizedBy *struct{ DisplayName, ID, UniqueName string }
		AuthorizedOn string
	}
}

func (b permissionsBody) ids() []int {
	var ids []int
	for _, p := range b.Pipelines {
		ids = append(ids, p.ID)
	}
	return ids
}

func TestPermissionsHaveTheSamplesShape(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, name := range []string{"get", "update", "update-many"} {
		w.asSampled("pipelinepermissions-"+name+".json", w.full(), "/RM/", "/Fabrikam/")
	}
}

func TestReadingPermissions(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	const project = "eb6e4656-77fc-42a1-9181-4c6d8e9da5d1"
	for _, tt := range []struct {
		resource string
		open     bool
		ids      []int
	}{
		{"queue/1", false, []int{6, 15}},
		{"QUEUE/2", true, nil},
		{"variablegroup/1", true, []int{6}},
		{"variablegroup/3", false, nil},
		{"environment/1", false, []int{15, 42}},
		{"endpoint/0FAB0000-0000-4000-8000-0000000000C1", false, []int{15, 16}},
		{"SecureFile/0fab0000-0000-4000-8000-000000000401", false, []int{15}},
		{"repository/" + project + ".0fab0000-0000-4000-8000-000000000302", false, []int{6, 15}},
		{"repository/0fab0000-0000-4000-8000-000000000302", false, nil}, // its project is missing
		{"environment/12345", false, nil},
	} {
		got := w.send("GET", permissionsPath(tt.resource), w.full(), nil)
		var b permissionsBody
		got.json(t, &b)
		if got.status != 200 || (b.AllPipelines != nil) != tt.open || !slices.Equal(b.ids(), tt.ids) {
			t.Errorf("%s: %d %s", tt.resource, got.status, got.body)
		}
		if strings.Contains(string(got.body), "allPipelines") != tt.open || !strings.Contains(string(got.body), `"pipelines":[`) {
			t.Errorf("%s: %s", tt.resource, got.body)
		}
	}
	var b permissionsBody
	w.send("GET", permissionsPath("queue/1"), w.full(), nil).json(t, &b)
	if p := b.Pipelines[0]; p.AuthorizedBy.DisplayName != "Jamal Hartnett" || p.AuthorizedOn != "2020-01-02T08:59:48.77Z" || !p.Authorized {
		t.Errorf("permission %+v", p)
	}
	var unsigned permissionsBody
	w.send("GET", permissionsPath("environment/4"), w.full(), nil).json(t, &unsigned)
	if p := unsigned.Pipelines[0]; p.ID != 99 || p.AuthorizedBy != nil || p.AuthorizedOn != "" {
		t.Errorf("an unsigned permission is %+v", p)
	}
}

func TestPermissionsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	christie := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example", Scopes: "user_impersonation"})
	const body = `{"pipelines":[{"id":6,"authorized":true}]}`
	before := w.Permissions()
	for _, tt := range []struct {
		name, method, path, auth, body string
		status                         int
	}{
		{"unknown type", "GET", permissionsPath("teamproject/1"), w.full(), "", 400},
		{"long id", "GET", permissionsPath("repository/" + strings.Repeat("x", 101)), w.full(), "", 400},
		{"project", "GET", strings.Replace(permissionsPath("queue/1"), "Fabrikam/", "Nowhere/", 1), w.full(), "", 404},
		{"no preview", "GET", strings.Replace(permissionsPath("queue/1"), "-preview.1", "", 1), w.full(), "", 400},
		{"scope", "GET", permissionsPath("queue/1"), w.basic("vso.code"), "", 401},
		{"right scope", "GET", permissionsPath("queue/1"), w.basic("vso.build_execute"), "", 200},
		{"reading scope", "PATCH", permissionsPath("queue/1"), w.basic("vso.build"), body, 401},
		{"no administrator", "PATCH", permissionsPath("queue/1"), christie, body, 403},
		{"unknown resource", "PATCH", permissionsPath("queue/77"), w.full(), body, 403},
		{"no JSON", "PATCH", permissionsPath("queue/1"), w.full(), "{", 400},
		{"no list", "PATCH", strings.Replace(permissionsPath(""), "/?", "?", 1), w.full(), "{}", 400},
		{"one unknown of two", "PATCH", strings.Replace(permissionsPath(""), "/?", "?", 1), w.full(),
			`[{"resource":{"type":"queue","id":"1"},"pipelines":[{"id":42,"authorized":true}]},{"resource":{"type":"queue","id":"77"}}]`, 403},
	} {
		if got := w.send(tt.method, tt.path, tt.auth, tt.body); got.status != tt.status {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if diff := cmp.Diff(before, w.Permissions()); diff != "" {
		t.Errorf("something has changed:\n%s", diff)
	}
}

func TestUpdatesAreMerged(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	const environment, endpoint = "environment/2", "endpoint/0fab0000-0000-4000-8000-000000000202"
	for _, tt := range []struct {
		resource, body string
		open           bool
		ids            []int
	}{
		{environment, `{"pipelines":[{"id":16,"authorized":true},{"id":6,"authorized":true}]}`, false, []int{6, 15, 16}},
		{environment, `{"pipelines":[{"id":15,"authorized":false}]}`, false, []int{6, 16}},
		{environment, `{"allPipelines":{"authorized":true}}`, true, []int{6, 16}},
		{environment, `{}`, true, []int{6, 16}},
		{environment, `{"allPipelines":{"authorized":false},"pipelines":[]}`, false, []int{6, 16}},
		{endpoint, `{"pipelines":[{"id":42,"authorized":true}]}`, false, []int{42}},
	} {
		got := w.send("PATCH", permissionsPath(tt.resource), w.full(), tt.body)
		var b permissionsBody
		got.json(t, &b)
		if got.status != 200 || !slices.Equal(b.ids(), tt.ids) || (b.AllPipelines != nil) != tt.open {
			t.Errorf("%s: %d %s", tt.body, got.status, got.body)
		}
	}
	var b permissionsBody
	w.send("GET", permissionsPath(environment), w.full(), nil).json(t, &b)
	if p := b.Pipelines[1]; p.AuthorizedBy.UniqueName != "jamal@fabrikam.example" || p.AuthorizedOn != "2020-11-02T22:56:52.103Z" {
		t.Errorf("a new permission is %+v", p)
	}
	i := slices.IndexFunc(w.Permissions(), func(p emulator.Permission) bool { return p.Type == "environment" && p.ID == "2" })
	if got := w.Permissions()[i]; got.Name != "production-eu" || got.OpenAccess || !slices.Equal(got.Pipelines, []int{6, 16}) {
		t.Errorf("state %+v", got)
	}
}

// The project in the path is that of the pipelines. A repository's id names the
// repository's own project.
func TestRepositoryOfAnotherProject(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	const id = "repository/6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c.0fab0000-0000-4000-8000-000000000601"
	if got := w.send("PATCH", permissionsPath(id), w.full(), `{"pipelines":[{"id":6,"authorized":true}]}`); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var here, there permissionsBody
	w.send("GET", permissionsPath(id), w.full(), nil).json(t, &here)
	w.send("GET", strings.Replace(permissionsPath(id), "Fabrikam/", "Contoso/", 1), w.full(), nil).json(t, &there)
	if !slices.Equal(here.ids(), []int{6}) || !slices.Equal(there.ids(), []int{101, 102}) {
		t.Errorf("here %v, there %v", here.ids(), there.ids())
	}
}

func TestUnknownResourceAs404(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.SetQuirks(emulator.Quirks{UnknownResourceIs404: true})
	for resource, want := range map[string]int{
		"queue/1": 200, "variablegroup/3": 200, "queue/77": 404,
		"repository/eb6e4656-77fc-42a1-9181-4c6d8e9da5d1.0fab0000-0000-4000-8000-000000000301": 200,
		"repository/0fab0000-0000-4000-8000-000000000301":                                      404,
	} {
		if got := w.send("GET", permissionsPath(resource), w.full(), nil); got.status != want {
			t.Errorf("%s: %d, want %d", resource, got.status, want)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	body := `{"requests": 3, "window": "30s", "warnBelow": 2, "retryAfter": "1500ms"}`
	if got := w.send("PUT", "/_emulator/ratelimit", "", body); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	reset := fmt.Sprint(sampleTime().Unix() + 30)
	for i, tt := range []struct {
		status                  int
		remaining, retry, reset string
	}{{200, "", "", ""}, {200, "1", "2", reset}, {200, "0", "2", reset}, {429, "0", "2", reset}} {
		got := w.send("GET", permissionsPath("queue/1"), w.full(), nil)
		if got.status != tt.status || got.header.Get("X-RateLimit-Remaining") != tt.remaining ||
			got.header.Get("Retry-After") != tt.retry || got.header.Get("X-RateLimit-Reset") != tt.reset {
			t.Errorf("request %d: %d %v", i, got.status, got.header)
		}
		if (got.status == 429) != strings.Contains(string(got.body), "TF400733") {
			t.Errorf("request %d: %s", i, got.body)
		}
	}
	christie := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example", Scopes: "user_impersonation"})
	if got := w.send("GET", permissionsPath("queue/1"), christie, nil); got.status != 200 {
		t.Errorf("somebody else: %d", got.status)
	}
	w.SetRateLimit(emulator.RateLimit{Requests: 1})
	w.send("GET", permissionsPath("queue/1"), w.full(), nil)
	if got := w.send("GET", permissionsPath("queue/1"), w.full(), nil); got.status != 429 || got.header.Get("Retry-After") != "300" {
		t.Errorf("without RetryAfter: %d %v", got.status, got.header)
	}
	w.Advance(5 * 60e9)
	if got := w.send("GET", permissionsPath("queue/1"), w.full(), nil); got.status != http.StatusOK || got.header.Get("Retry-After") != "" {
		t.Errorf("in the next window: %d %v", got.status, got.header)
	}
	if got := w.send("PUT", "/_emulator/ratelimit", "", `{"request": 3}`); got.status != 400 {
		t.Errorf("a misspelt limit: %d", got.status)
	}
}
