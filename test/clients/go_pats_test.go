package clients

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
)

// patResult is PatTokenResult, which is missing in the released Go client.
type patResult struct {
	PATToken struct {
		DisplayName, Scope, Token string
		AuthorizationID           uuid.UUID `json:"authorizationId"`
	} `json:"patToken"`
	Error string `json:"patTokenError"`
}

// pats calls the PAT API as the Go client calls every API: by the id of its
// location.
func (w *world) pats(method string, query url.Values, body any) (*http.Response, error) {
	w.t.Helper()
	user := w.trusting(&azuredevops.Connection{
		BaseUrl: w.organization(), AuthorizationString: "Bearer " + w.Token(emulator.TokenOptions{}), SuppressFedAuthRedirect: true,
	})
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	// See v7/tokens in the client's repository, which is not part of any release
	// yet.
	c, err := user.GetClientByResourceAreaId(w.t.Context(), uuid.MustParse("55967393-20ef-45c6-a96c-b5d5d5986a9a"))
	if err != nil {
		w.t.Fatal(err)
	}
	return c.Send(w.t.Context(), method, uuid.MustParse("55967393-20ef-45c6-a96c-b5d5d5986a9a"), "7.1-preview.1",
		nil, query, bytes.NewReader(text), "application/json", "application/json", nil)
}

func (w *world) mint(scopes string, life time.Duration) patResult {
	w.t.Helper()
	res := got[*http.Response](w.t)(w.pats(http.MethodPost, nil, map[string]any{
		"displayName": "go client", "scope": scopes, "validTo": time.Now().Add(life).UTC().Format(time.RFC3339), "allOrgs": false,
	}))
	defer func() { _ = res.Body.Close() }()
	var made patResult
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || made.Error != "none" || made.PATToken.Token == "" {
		w.t.Fatalf("mint: %+v, %v", made, err)
	}
	return made
}

// projects uses a PAT to list the projects.
func (w *world) projects(pat string) error {
	c, err := core.NewClient(w.t.Context(), w.trusting(azuredevops.NewPatConnection(w.organization(), pat)))
	if err != nil {
		return err
	}
	_, err = c.GetProjects(w.t.Context(), core.GetProjectsArgs{})
	return err
}

func TestGoPATUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	w := start(t)
	made := w.mint("vso.project", time.Hour)
	if err := w.projects(made.PATToken.Token); err != nil {
		t.Fatalf("the PAT does not work: %v", err)
	}
	res := got[*http.Response](t)(w.pats(http.MethodDelete, url.Values{"authorizationId": {made.PATToken.AuthorizationID.String()}}, nil))
	_ = res.Body.Close()
	refused(t, w.projects(made.PATToken.Token), http.StatusUnauthorized, "UnauthorizedRequestException")
}

func TestGoPATUntilItExpires(t *testing.T) {
	t.Parallel()
	w := start(t)
	made := w.mint("vso.project", time.Hour)
	w.Advance(59 * time.Minute)
	if err := w.projects(made.PATToken.Token); err != nil {
		t.Fatalf("the PAT does not work: %v", err)
	}
	w.Advance(2 * time.Minute)
	refused(t, w.projects(made.PATToken.Token), http.StatusUnauthorized, "AccessCheckException")
}
