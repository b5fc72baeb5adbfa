package emulator_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// element holds the properties that the tests check of the elements of every list.
type element struct {
	ID   any
	Name string
	Path string // of a build definition
}

// walk reads all pages of a list and returns the names, and how many pages.
func (w *world) walk(path, auth string) (names []string, pages int) {
	w.t.Helper()
	u, err := url.Parse(path)
	if err != nil {
		w.t.Fatal(err)
	}
	query := u.Query()
	for {
		u.RawQuery = query.Encode()
		got := w.send("GET", u.String(), auth, nil)
		var page struct {
			Count int
			Value []element
		}
		if got.status != http.StatusOK {
			w.t.Fatalf("%s: %d %s", u, got.status, got.body)
		}
		got.json(w.t, &page)
		if page.Count != len(page.Value) {
			w.t.Errorf("%s: count is %d, of %d", u, page.Count, len(page.Value))
		}
		for _, e := range page.Value {
			names = append(names, e.Name)
		}
		pages++
		next := got.header.Get("X-MS-ContinuationToken")
		if next == "" {
			return names, pages
		}
		query.Set("continuationToken", next)
	}
}

func TestListsAndTheirFilters(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	const (
		endpoints, groups   = "serviceendpoint/endpoints?", "distributedtask/variablegroups?"
		environments, queue = "distributedtask/environments?", "distributedtask/queues?"
		files, definitions  = "distributedtask/securefiles?api-version=7.2-preview.1&", "build/definitions?"
	)
	for _, tt := range []struct{ path, want string }{
		{endpoints, "deploy,registry,unused,elsewhere"},
		{endpoints + "endpointNames=REGISTRY,unused", "registry,unused"},
		{endpoints + "endpointNames=reg*", ""},
		{endpoints + "endpointIds=0FAB0000-0000-4000-8000-000000000202", "unused"},
		{endpoints + "type=github", "unused"},
		{groups, "unused,production secrets,shared settings"},
		{groups + "queryOrder=IdAscending", "shared settings,production secrets,unused"},
		{groups + "groupName=Production%20secrets", "production secrets"},
		{groups + "groupName=*s", "production secrets,shared settings"},
		{groups + "groupIds=1,3", "unused,shared settings"},
		{groups + "$top=1", "unused,production secrets,shared settings"},
		{groups + "$top=2&queryOrder=idAscending", "shared settings,production secrets,unused"},
		{environments, "production,production-eu,test,abandoned"},
		{environments + "$top=3", "production,production-eu,test,abandoned"},
		{environments + "name=PRODUCTION", "production,production-eu"},
		{environments + "name=production&$top=1", "production,production-eu"},
		{"pipelines/environments?name=test", "test"},
		{queue, "Default,Azure Pipelines"},
		{queue + "queueName=default", "Default"},
		{queue + "queueNames=Azure%20Pipelines,x", "Azure Pipelines"},
		{queue + "queueIds=2", "Azure Pipelines"},
		{queue + "poolIds=1001", "Default"},
		{"git/repositories", "shop,templates"},
		{files, "signing.p12,unused.key"},
		{files + "namePattern=*.key", "unused.key"},
		{files + "secureFileNames=signing.p12", "signing.p12"},
		{files + "secureFileIds=0fab0000-0000-4000-8000-000000000402", "unused.key"},
		{definitions, "build,nightly,nightly,deploy-web,deploy-db,smoke"},
		{definitions + "name=Deploy*", "deploy-web,deploy-db"},
		{definitions + "name=nightly", "nightly,nightly"},
		{definitions + "name=nightly&path=%5Ctests", "nightly"},
		{definitions + "path=%5C", "build,smoke"},
		{definitions + "definitionIds=6,42", "build,smoke"},
		{definitions + "queryOrder=definitionNameDescending", "smoke,nightly,nightly,deploy-web,deploy-db,build"},
		{definitions + "queryOrder=definitionNameAscending&$top=4", "build,deploy-db,deploy-web,nightly,nightly,smoke"},
		{"pipelines?$top=5", "build,deploy-db,deploy-web,nightly,nightly,smoke"},
	} {
		names, _ := w.walk("/fabrikam/Fabrikam/_apis/"+tt.path, w.full())
		if got := strings.Join(names, ","); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.path, got, tt.want)
		}
	}
}

func TestOneOfAList(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct {
		path   string
		status int
		want   string // name, or text in the body
	}{
		{"serviceendpoint/endpoints/0fab0000-0000-4000-8000-000000000201", 200, "registry"},
		{"serviceendpoint/endpoints/0fab0000-0000-4000-8000-000000000999", 200, "null"},
		{"distributedtask/variablegroups/2", 200, "production secrets"},
		{"distributedtask/variablegroups/99", 200, "null"},
		{"distributedtask/environments/3", 200, "test"},
		{"pipelines/environments/3", 200, "test"},
		{"distributedtask/environments/99", 404, "EnvironmentNotFoundException"},
		{"distributedtask/queues/1", 200, "Default"},
		{"distributedtask/queues/1001", 404, "TaskAgentQueueNotFoundException"}, // the id of a pool, not of a queue
		{"git/repositories/0FAB0000-0000-4000-8000-000000000301", 200, "shop"},
		{"git/repositories/Templates", 200, "templates"},
		{"git/repositories/contoso", 404, "TF401019"},
		{"distributedtask/securefiles/0fab0000-0000-4000-8000-000000000401?api-version=7.2-preview.1", 200, "signing.p12"},
		{"distributedtask/securefiles/0fab0000-0000-4000-8000-000000000499?api-version=7.2-preview.1", 404, "SecureFileNotFoundException"},
		{"distributedtask/securefiles/0fab0000-0000-4000-8000-000000000401?api-version=7.1", 400, "VssInvalidPreviewVersionException"},
		{"build/definitions/15", 200, "deploy-web"},
		{"build/definitions/99", 404, "DefinitionNotFoundException"},
		{"build/definitions/x", 404, "DefinitionNotFoundException"},
		{"pipelines/42", 200, "smoke"},
		{"pipelines/99", 404, "DefinitionNotFoundException"},
	} {
		got := w.send("GET", "/fabrikam/Fabrikam/_apis/"+tt.path, w.full(), nil)
		var e element
		_ = json.Unmarshal(got.body, &e)
		if got.status != tt.status || e.Name != tt.want && !strings.Contains(string(got.body), tt.want) {
			t.Errorf("%s: %d %s", tt.path, got.status, got.body)
		}
		if tt.want == "null" && string(got.body) != "null" {
			t.Errorf("%s: %s", tt.path, got.body)
		}
	}
}

func TestScopesOfLists(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct{ path, right, wrong string }{
		{"serviceendpoint/endpoints", "vso.serviceendpoint_query", "vso.build"},
		{"distributedtask/variablegroups", "vso.variablegroups_read", "vso.build"},
		{"distributedtask/environments", "vso.environment_manage", "vso.build"},
		{"pipelines/environments", "vso.build", "vso.code"},
		{"distributedtask/queues", "vso.agentpools", "vso.build"},
		{"git/repositories", "vso.code_write", "vso.build"},
		{"distributedtask/securefiles?api-version=7.2-preview.1", "vso.securefiles_read", "vso.build"},
		{"build/definitions", "vso.build", "vso.code"},
		{"pipelines", "vso.build_execute", "vso.code"},
	} {
		for scope, want := range map[string]int{tt.right: 200, tt.wrong: 401} {
			if got := w.send("GET", "/fabrikam/Fabrikam/_apis/"+tt.path, w.basic(scope), nil); got.status != want {
				t.Errorf("%s with %s: %d, want %d", tt.path, scope, got.status, want)
			}
		}
	}
}

// Every property in a list exists in the API description.
func TestShapesOfLists(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for path, want := range map[string]string{
		"serviceendpoint/endpoints":                           "authorization createdBy data description id isReady isShared name owner serviceEndpointProjectReferences type url",
		"distributedtask/variablegroups":                      "createdBy createdOn description id isShared modifiedBy modifiedOn name type variableGroupProjectReferences variables",
		"distributedtask/environments":                        "createdBy createdOn description id lastModifiedBy lastModifiedOn name project",
		"distributedtask/queues":                              "id name pool projectId",
		"git/repositories":                                    "defaultBranch id isDisabled isInMaintenance name project remoteUrl size sshUrl url webUrl",
		"distributedtask/securefiles?api-version=7.2-preview": "createdBy createdOn id modifiedBy modifiedOn name properties",
		"build/definitions":                                   "authoredBy createdDate id name path project quality queueStatus revision type uri url",
		"pipelines":                                           "folder id name revision url",
	} {
		var list struct{ Value []map[string]any }
		w.send("GET", "/fabrikam/Fabrikam/_apis/"+path, w.full(), nil).json(t, &list)
		if got := keys(list.Value[0]); got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
}

func keys(m map[string]any) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), " ")
}
