package client_test

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
	"github.com/azstep/azstep/internal/trust"

	"github.com/google/go-cmp/cmp"
)

const (
	fabrikam   = "eb6e4656-77fc-42a1-9181-4c6d8e9da5d1"
	shop       = "0fab0000-0000-4000-8000-000000000301"
	templates  = "0fab0000-0000-4000-8000-000000000302"
	unusedID   = "0fab0000-0000-4000-8000-000000000202"
	registryID = "0fab0000-0000-4000-8000-000000000201"
)

// world is the emulator and a caller that uses it.
type world struct {
	*emulator.Server
	caller *client.Caller
	base   *url.URL
}

func start(t *testing.T, scopes string) world {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	roots, err := trust.New(trust.Options{CAs: s.CAPEM()})
	if err != nil {
		t.Fatal(err)
	}
	tr := transport.New(transport.Options{Trust: roots})
	t.Cleanup(tr.Close)
	header := "Bearer " + s.Token(emulator.TokenOptions{Scopes: scopes})
	caller := transport.NewCaller(tr, func(context.Context) (string, error) { return header, nil })
	base, err := client.ParseBase(s.URL() + "/fabrikam")
	if err != nil {
		t.Fatal(err)
	}
	return world{s, caller, base}
}

// paths returns the paths of the requests so far, without the organization.
func (w world) paths() []string {
	var all []string
	for _, r := range w.Requests() {
		all = append(all, strings.TrimPrefix(r.Path, "/fabrikam/"))
	}
	return all
}

func collect[T any](t *testing.T, all iter.Seq2[T, error]) []T {
	t.Helper()
	var items []T
	for item, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.build")
	api := client.Permissions{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for _, c := range []struct {
		kind client.ResourceType
		id   string
		want client.Permission
	}{
		{client.Environment, "1", client.Permission{Grants: []client.Grant{
			{Pipeline: 15, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}, {Pipeline: 42, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}}}},
		{client.Environment, "4", client.Permission{Grants: []client.Grant{{Pipeline: 99}}}}, // without the person who permitted it
		{client.VariableGroup, "1", client.Permission{Open: true, Grants: []client.Grant{{Pipeline: 6, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}}}},
		{client.Endpoint, unusedID, client.Permission{}},
		{client.Repository, fabrikam + "." + templates, client.Permission{Grants: []client.Grant{
			{Pipeline: 6, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}, {Pipeline: 15, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}}}},
	} {
		got, err := api.Get(t.Context(), c.kind, c.id)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s %s: %v %s", c.kind, c.id, err, diff)
		}
	}
	if want := "Fabrikam/_apis/pipelines/pipelinepermissions/environment/1"; w.paths()[0] != want {
		t.Errorf("asked %s, not %s", w.paths()[0], want)
	}
}

// A service may return more, or less, than the API description says.
func TestPermissionsAcceptOddAnswers(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.build")
	api := client.Permissions{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for body, want := range map[string]client.Permission{
		`{"resource":{"type":"queue","id":"1"}}`:           {},
		`{"allPipelines":{"authorized":false}}`:            {},
		`{"pipelines":[{"id":1,"authorized":false}]}`:      {},
		`{"allPipelines":{"authorized":true},"news":[{}]}`: {Open: true},
		`{"pipelines":[{"id":1,"authorized":true,"authorizedBy":{"displayName":"ci@fabrikam.example"},"authorizedOn":"yesterday"}]}`:                              {Grants: []client.Grant{{Pipeline: 1}}},
		`{"pipelines":[{"id":1,"authorized":true,"authorizedBy":{"displayName":"Ada <ada@fabrikam.example> Other"},"authorizedOn":"2020-11-19T08:14:49"}]}`:       {Grants: []client.Grant{{Pipeline: 1, By: "Ada Other", On: "2020-11-19T08:14:49"}}},
		`{"pipelines":[{"id":1,"authorized":true,"authorizedBy":{"displayName":"x"},"authorizedOn":"2020-11-19T08:14:49.1234567Z\u001b[2J"}]}`:                    {Grants: []client.Grant{{Pipeline: 1, By: "x"}}},
		`{"pipelines":[{"id":1,"authorized":true,"authorizedBy":{"uniqueName":"ci@fabrikam.example"},"authorizedOn":"2020-11-19T08:14:49.1234567+01:00"}]}`:       {Grants: []client.Grant{{Pipeline: 1, On: "2020-11-19T08:14:49.1234567+01:00"}}},
		`{"pipelines":[{"id":2147483647,"authorized":true,"authorizedBy":null,"authorizedOn":null}]}`:                                                             {Grants: []client.Grant{{Pipeline: 2147483647}}},
		`{"pipelines":[{"id":1,"authorized":true,"authorizedBy":{"displayName":"[Fabrikam]\\Build Administrators","id":""},"authorizedOn":"2020-11-19T08:14Z"}]}`: {Grants: []client.Grant{{Pipeline: 1, By: `[Fabrikam]\Build Administrators`}}},
	} {
		if err := w.AddFault(emulator.Fault{Kind: emulator.Status, Status: http.StatusOK, Body: body}); err != nil {
			t.Fatal(err)
		}
		got, err := api.Get(t.Context(), client.Queue, "1")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", body, err, diff)
		}
	}
}

// A response that says nothing about permissions must not count as "no pipeline
// may".
func TestPermissionsRefuseAnAnswerToSomethingElse(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.build")
	api := client.Permissions{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for _, body := range []string{`{}`, `{"message":"odd"}`, `{"allPipelines":null,"pipelines":null}`, `[]`, `"odd"`, `{"pipelines":{}}`} {
		if err := w.AddFault(emulator.Fault{Kind: emulator.Status, Status: http.StatusOK, Body: body}); err != nil {
			t.Fatal(err)
		}
		if got, err := api.Get(t.Context(), client.Queue, "1"); !fault.Is(err, fault.BadResponse) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

// A response without an id is not the resource.
func TestFindRefusesAnAnswerToSomethingElse(t *testing.T) {
	t.Parallel()
	w := start(t, "user_impersonation")
	api := client.Resources{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for kind, body := range map[client.ResourceType]string{client.Environment: `{"name":"odd"}`, client.Repository: `{"id":"` + templates + `"}`} {
		if err := w.AddFault(emulator.Fault{Kind: emulator.Status, Status: http.StatusOK, Body: body}); err != nil {
			t.Fatal(err)
		}
		if got, _, err := api.Find(t.Context(), kind, "1"); !fault.Is(err, fault.BadResponse) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestPermissionsRefused(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.code")
	api := client.Permissions{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	_, err := api.Get(t.Context(), client.Queue, "1")
	hints := strings.Join(fault.From(err).Advice(), "\n")
	if fault.From(err).Code == "" || !strings.Contains(hints, "vso.build") {
		t.Errorf("%v, %q", err, hints)
	}
	w = start(t, "vso.build")
	w.SetQuirks(emulator.Quirks{UnknownResourceIs404: true})
	for project, want := range map[string]fault.Code{"Fabrikam": fault.ResourceNotFound, "Nowhere": fault.ProjectNotFound} {
		api := client.Permissions{Caller: w.caller, Base: w.base, Project: project}
		if _, err := api.Get(t.Context(), client.Queue, "999"); !fault.Is(err, want) {
			t.Errorf("%s: %v, want %s", project, err, want)
		}
	}
}

// TestResources reads every list with one element per page.
func TestResources(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.serviceendpoint vso.agentpools vso.variablegroups_read vso.environment_manage vso.code vso.securefiles_read")
	w.SetQuirks(emulator.Quirks{PageSize: 1})
	api := client.Resources{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for kind, want := range map[client.ResourceType][]client.Resource{
		client.Endpoint: {
			{ID: "0fab0000-0000-4000-8000-0000000000c1", Name: "deploy", Scheme: "WorkloadIdentityFederation", Issuer: "https://vstoken.dev.azure.com/38aaa865-2c70-4bf7-a308-0c6539c38c1a"},
			{ID: registryID, Name: "registry", Scheme: "UsernamePassword"},
			{ID: unusedID, Name: "unused", Scheme: "Token"},
			{ID: "0fab0000-0000-4000-8000-0000000000c2", Name: "elsewhere", Scheme: "WorkloadIdentityFederation", Issuer: "https://vstoken.dev.azure.com/38aaa865-2c70-4bf7-a308-0c6539c38c1a"},
		},
		client.Queue:         {{ID: "1", Name: "Default"}, {ID: "2", Name: "Azure Pipelines"}},
		client.VariableGroup: {{ID: "3", Name: "unused"}, {ID: "2", Name: "production secrets"}, {ID: "1", Name: "shared settings"}},
		client.Environment:   {{ID: "1", Name: "production"}, {ID: "2", Name: "production-eu"}, {ID: "3", Name: "test"}, {ID: "4", Name: "abandoned"}},
		client.Repository:    {{ID: fabrikam + "." + shop, Name: "shop"}, {ID: fabrikam + "." + templates, Name: "templates"}},
		client.SecureFile:    {{ID: "0fab0000-0000-4000-8000-000000000401", Name: "signing.p12"}, {ID: "0fab0000-0000-4000-8000-000000000402", Name: "unused.key"}},
	} {
		if diff := cmp.Diff(want, collect(t, api.All(t.Context(), kind))); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

// In the cloud, environments are read with the API that requires the weaker scope.
func TestEnvironmentsInTheCloud(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.build")
	api := client.Resources{Caller: w.caller, Base: w.base, Project: "Fabrikam", Cloud: true}
	if n := len(collect(t, api.All(t.Context(), client.Environment))); n != 4 {
		t.Errorf("%d environments", n)
	}
	if _, ok, err := api.Find(t.Context(), client.Environment, "2"); !ok || err != nil {
		t.Errorf("found %v, %v", ok, err)
	}
	want := []string{"Fabrikam/_apis/pipelines/environments", "Fabrikam/_apis/pipelines/environments/2"}
	if diff := cmp.Diff(want, w.paths()); diff != "" {
		t.Error(diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	w := start(t, "user_impersonation")
	for _, c := range []struct {
		kind client.ResourceType
		id   string
		want client.Resource
	}{
		{client.Endpoint, strings.ToUpper(unusedID), client.Resource{ID: unusedID, Name: "unused", Scheme: "Token"}},
		{client.Endpoint, templates, client.Resource{}},
		{client.Queue, "2", client.Resource{ID: "2", Name: "Azure Pipelines"}},
		{client.Queue, "1002", client.Resource{}}, // this is the id of the queue's pool
		{client.VariableGroup, "2", client.Resource{ID: "2", Name: "production secrets"}},
		{client.VariableGroup, "22", client.Resource{}},
		{client.Environment, "2", client.Resource{ID: "2", Name: "production-eu"}},
		{client.Environment, "22", client.Resource{}},
		{client.Repository, templates, client.Resource{ID: fabrikam + "." + templates, Name: "templates"}},
		{client.Repository, "templates", client.Resource{ID: fabrikam + "." + templates, Name: "templates"}},
		{client.Repository, "nowhere", client.Resource{}},
		{client.SecureFile, "0fab0000-0000-4000-8000-000000000402", client.Resource{ID: "0fab0000-0000-4000-8000-000000000402", Name: "unused.key"}},
		{client.SecureFile, unusedID, client.Resource{}},
	} {
		before := len(w.Requests())
		api := client.Resources{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
		got, ok, err := api.Find(t.Context(), c.kind, c.id)
		if err != nil || ok != (c.want.ID != "") || got != c.want {
			t.Errorf("%s %s: %+v, %v, %v", c.kind, c.id, got, ok, err)
		}
		if n := len(w.Requests()) - before; n != 1 {
			t.Errorf("%s %s: %d requests", c.kind, c.id, n)
		}
	}
	for _, kind := range []client.ResourceType{client.Endpoint, client.Environment, client.Repository} {
		api := client.Resources{Caller: w.caller, Base: w.base, Project: "Nowhere"}
		if _, _, err := api.Find(t.Context(), kind, "1"); !fault.Is(err, fault.ProjectNotFound) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestPipelines(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.build")
	w.SetQuirks(emulator.Quirks{PageSize: 2})
	api := client.Pipelines{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	var paths []string
	for _, p := range collect(t, api.All(t.Context(), "")) {
		paths = append(paths, p.Path())
	}
	slices.Sort(paths)
	want := []string{`\build`, `\release\deploy-db`, `\release\deploy-web`, `\smoke`, `\tests\nightly`, `\tests\slow\nightly`}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
	if n := len(collect(t, api.All(t.Context(), "nightly"))); n != 2 {
		t.Errorf("%d pipelines are named nightly", n)
	}
}

func TestProjects(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.project")
	w.SetQuirks(emulator.Quirks{PageSize: 1})
	api := client.Projects{Caller: w.caller, Base: w.base}
	all := collect(t, api.All(t.Context()))
	if len(all) != 3 || all[0] != (client.Project{ID: fabrikam, Name: "Fabrikam"}) {
		t.Errorf("%+v", all)
	}
	if got, err := api.Get(t.Context(), strings.ToUpper(fabrikam)); got != all[0] || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := api.Get(t.Context(), "Nowhere"); !fault.Is(err, fault.ProjectNotFound) {
		t.Error(err)
	}
}

// A consumer can stop a list before its end.
func TestListsEndEarly(t *testing.T) {
	t.Parallel()
	w := start(t, "vso.environment_manage")
	w.SetQuirks(emulator.Quirks{PageSize: 1})
	api := client.Resources{Caller: w.caller, Base: w.base, Project: "Fabrikam"}
	for r, err := range api.All(t.Context(), client.Environment) {
		if err != nil || r.ID != "1" {
			t.Error(r, err)
		}
		break
	}
	if n := len(w.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}
