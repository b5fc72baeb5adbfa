package emulator_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/go-cmp/cmp"
)

// The announced locations are exactly those that have routes.
func TestLocationsAndRoutesAgree(t *testing.T) {
	t.Parallel()
	missing := emulator.LocationIDs()
	for pattern, ids := range emulator.Places() {
		finding := pattern == "/{org}/_apis" || pattern == "/{org}/_apis/{area}"
		if finding && len(ids) != 0 || !finding && len(ids) != 1 {
			t.Errorf("%s has the locations %v", pattern, ids)
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return slices.Contains(ids, id) })
	}
	if len(missing) > 0 {
		t.Errorf("nothing is at %v", missing)
	}
}

type locationList struct {
	Count int
	Value []struct{ ID, Area, ResourceName, RouteTemplate, MinVersion, MaxVersion, ReleasedVersion string }
}

func TestResourceLocations(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	user := w.bearer(emulator.TokenOptions{})
	for path, want := range map[string]int{
		"/fabrikam/_apis":             len(emulator.LocationIDs()),
		"/fabrikam/_apis/CORE":        4,
		"/fabrikam/_apis/environment": 0,
	} {
		var list locationList
		w.send(http.MethodOptions, path, user, nil).json(t, &list)
		if list.Count != want || len(list.Value) != want {
			t.Errorf("%s: %d locations, want %d", path, list.Count, want)
		}
	}
	var list locationList
	w.send(http.MethodOptions, "/fabrikam/_apis/tokens", user, nil).json(t, &list)
	want := locationList{Count: 1, Value: list.Value[:0:0]}
	want.Value = append(want.Value, struct{ ID, Area, ResourceName, RouteTemplate, MinVersion, MaxVersion, ReleasedVersion string }{
		"55967393-20ef-45c6-a96c-b5d5d5986a9a", "Tokens", "Pats", "_apis/{area}/{resource}", "6.1", "7.2", "0.0",
	})
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := w.send(http.MethodOptions, "/fabrikam/_apis", "", nil, "X-TFS-FedAuthRedirect: Suppress"); got.status != http.StatusUnauthorized {
		t.Errorf("without a credential: status %d", got.status)
	}
}

func TestResourceAreas(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	const core = "79134c72-4a58-4b42-976c-04e7115f32bf"
	for path, want := range map[string]string{
		"/_apis/resourceAreas/" + core + "?accountName=Fabrikam":                                     "/fabrikam/",
		"/_apis/resourceAreas/" + strings.ToUpper(core) + "?accountName=contoso":                     "/contoso/",
		"/_apis/resourceAreas/" + core + "?hostId=38aaa865-2c70-4bf7-a308-0c6539c38c1b":              "/contoso/",
		"/fabrikam/_apis/resourceAreas/" + core + "?api-version=5.0-preview.1":                       "/fabrikam/",
		"/fabrikam/_apis/ResourceAreas/55967393-20ef-45c6-a96c-b5d5d5986a9a?api-version=7.2-preview": "/fabrikam/",
	} {
		var area struct{ ID, Name, LocationURL string }
		got := w.send(http.MethodGet, path, "", nil)
		got.json(t, &area)
		if got.status != http.StatusOK || area.LocationURL != w.URL()+want {
			t.Errorf("%s: %d %+v", path, got.status, area)
		}
	}
	for path, want := range map[string]answer{
		"/_apis/resourceAreas?accountName=nobody":                 {status: http.StatusNotFound},
		"/nobody/_apis/resourceAreas":                             {status: http.StatusNotFound},
		"/fabrikam/_apis/resourceAreas/" + deployApp:              {status: http.StatusOK, body: []byte("null")},
		"/fabrikam/_apis/resourceAreas?api-version=7.1":           {status: http.StatusBadRequest},
		"/fabrikam/_apis/resourceAreas?api-version=3.1-preview.1": {status: http.StatusBadRequest},
	} {
		got := w.send(http.MethodGet, path, "", nil)
		if got.status != want.status || want.body != nil && string(got.body) != string(want.body) {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	got := w.send(http.MethodGet, "/fabrikam/_apis/resourceAreas", "Bearer FAKE-TOKEN-0001", nil)
	if got.status != http.StatusNonAuthoritativeInfo {
		t.Errorf("with a bad credential: status %d", got.status)
	}
}

func TestConnectionData(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	type user struct{ ID, ProviderDisplayName string }
	var data struct {
		AuthenticatedUser, AuthorizedUser user
		InstanceID, DeploymentType        string
	}
	w.send(http.MethodGet, "/fabrikam/_apis/connectionData?api-version=7.1-preview", w.bearer(emulator.TokenOptions{App: true}), nil).json(t, &data)
	want := user{"0fab0000-0000-4000-8000-0000000000b1", "deploy"}
	if data.AuthenticatedUser != want || data.AuthorizedUser != want || data.DeploymentType != "hosted" {
		t.Errorf("%+v", data)
	}
}
