package clients

import (
	"net/http"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/location"
)

func TestGoConnectionData(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := location.NewClient(t.Context(), w.connect("vso.code"))
	data := got[*location.ConnectionData](t)(c.GetConnectionData(t.Context(), location.GetConnectionDataArgs{}))
	same(t, "user", *data.AuthenticatedUser.ProviderDisplayName, "Jamal Hartnett")
	same(t, "organization", data.InstanceId.String(), "38aaa865-2c70-4bf7-a308-0c6539c38c1a")
}

func TestGoResourceAreasWithoutCredential(t *testing.T) {
	t.Parallel()
	w := start(t)
	// The locations are requested with a credential, and cached for this address.
	known := location.NewClient(t.Context(), w.connect("vso.code"))
	if _, err := known.GetResourceAreas(t.Context(), location.GetResourceAreasArgs{}); err != nil {
		t.Fatal(err)
	}
	c := location.NewClient(t.Context(), w.trusting(azuredevops.NewAnonymousConnection(w.organization())))
	area := got[*location.ResourceAreaInfo](t)(c.GetResourceArea(t.Context(), location.GetResourceAreaArgs{AreaId: &core.ResourceAreaId}))
	same(t, "address", *area.LocationUrl, w.organization()+"/")
}

func TestGoScopes(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.code"), core.NewClient)
	_, err := c.CreateTeam(t.Context(), core.CreateTeamArgs{ProjectId: ref(project), Team: &core.WebApiTeam{Name: ref("No")}})
	refused(t, err, http.StatusUnauthorized, "UnauthorizedRequestException")
}

func TestGoUnknownPAT(t *testing.T) {
	t.Parallel()
	w := start(t)
	refused(t, w.projects("FAKE-PAT-0001"), http.StatusUnauthorized, "UnauthorizedRequestException")
}

func TestGoRateLimit(t *testing.T) {
	t.Parallel()
	w := start(t)
	connection := w.connect("vso.project")
	c := client(w, connection, core.NewClient)
	w.SetRateLimit(emulator.RateLimit{Requests: 1, Window: time.Minute})
	if _, err := c.GetProjects(t.Context(), core.GetProjectsArgs{}); err != nil {
		t.Fatal(err)
	}
	_, err := c.GetProjects(t.Context(), core.GetProjectsArgs{})
	refused(t, err, http.StatusTooManyRequests, "RequestBlockedException")
	raw, err := connection.GetClientByUrl(w.organization()).CreateRequestMessage(t.Context(), http.MethodGet,
		w.organization()+"/_apis/projects", "7.1", nil, "", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, _ := connection.GetClientByUrl(w.organization()).SendRequest(raw)
	for _, name := range []string{"Retry-After", "X-RateLimit-Resource", "X-RateLimit-Reset", "X-RateLimit-Remaining", "X-RateLimit-Limit"} {
		if res == nil || res.Header.Get(name) == "" {
			t.Errorf("no header %s", name)
		}
	}
}

// The Go client falls back to the version that the server supports. If it is told to
// send a newer one anyway, the server refuses.
func TestGoVersions(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := w.connect("vso.project").GetClientByUrl(w.organization())
	projects := uuid.MustParse("603fe2ac-9723-48b9-88ad-09305aa6c6e1")
	for _, version := range []string{"7.1", "7.2-preview.4", "7.2", "8.0", "8.0-preview.9", "7.1-preview.9", "1.0"} {
		res, err := c.Send(t.Context(), http.MethodGet, projects, version, nil, nil, nil, "", "application/json", nil)
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		_ = res.Body.Close()
	}
	for version, typeKey := range map[string]string{
		"8.0": "VssVersionOutOfRangeException", "7.2-preview.5": "VssVersionOutOfRangeException",
		"7.2": "VssInvalidPreviewVersionException", "seven": "VssInvalidApiResourceVersionException",
	} {
		r, err := c.CreateRequestMessage(t.Context(), http.MethodGet, w.organization()+"/_apis/projects", version, nil, "", "application/json", nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.SendRequest(r)
		refused(t, err, http.StatusBadRequest, typeKey)
	}
}
