package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

const iotVersion = "?api-version=2022-07-31"

const administrator, operator, orgAdmin = "ca310b8d-2f4a-44e0-a36e-957c202cd8d4", "ae2c9854-393b-4f97-8c42-479d70ce626e", "c495eb57-eb18-489e-9802-62c474e5645c"

// iotToken is ApiToken.
type iotToken struct {
	ID, Token, Expiry string
	Roles             []struct{ Role, Organization string }
}

func (w *world) iot() string {
	return w.bearer(emulator.TokenOptions{Audience: emulator.IoTCentral})
}

// put creates a token with the given role.
func (w *world) put(id, auth, role string, more ...any) (iotToken, answer) {
	w.t.Helper()
	body := map[string]any{"roles": []any{map[string]string{"role": role}}}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	got := w.send("PUT", "/api/apiTokens/"+id+iotVersion, auth, body)
	var made iotToken
	_ = json.Unmarshal(got.body, &made)
	return made, got
}

func TestIoTAnswersHaveTheSamplesShape(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.asSampled("iot-token-create.json", w.iot())
	w.asSampled("iot-token-list.json", w.iot())
	w.send("PUT", "/api/apiTokens/inseattle"+iotVersion, w.iot(), `{"roles":[{"role":"`+orgAdmin+`","organization":"seattle"}]}`)
	w.asSampled("iot-token-get.json", w.iot(), "testtoken", "inseattle")
	if got := w.APITokens()[1].Roles; !slices.Equal(got, []string{orgAdmin + "@seattle"}) {
		t.Errorf("roles %v", got)
	}
	w.asSampled("iot-token-delete.json", w.iot())
	w.asSampled("iot-roles.json", w.iot())
	w.asSampled("iot-organizations.json", w.iot())
	got := w.asSampled("iot-unauthenticated.json", "Bearer FAKE")
	var e struct {
		Error struct{ Code, Message, RequestID, Time string }
	}
	got.json(t, &e)
	if _, err := http.ParseTime(e.Error.Time); err != nil || got.header.Get("x-ms-error-code") != "Unauthenticated" ||
		e.Error.Code != "Unauthenticated" || !strings.Contains(e.Error.Message, e.Error.RequestID) {
		t.Errorf("error %+v, %v", e, err)
	}
}

func TestAPITokenLivesFromPutToDelete(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	want := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	made, _ := w.put("ci-1", w.iot(), administrator, "expiry", want.Add(345*time.Microsecond).Format(time.RFC3339Nano))
	if made.ID != "ci-1" || made.Expiry != want.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("made %+v, want expiry %v", made, want)
	}
	query, found := strings.CutPrefix(made.Token, "SharedAccessSignature ")
	parts, err := url.ParseQuery(query)
	if !found || err != nil || parts.Get("skn") != "ci-1" || parts.Get("se") != strconv.FormatInt(want.UnixMilli(), 10) ||
		!strings.HasPrefix(parts.Get("sig"), "FAKE") || len(parts.Get("sig")) != 44 || parts.Get("sr") == "" {
		t.Errorf("token %q, %v", made.Token, err)
	}
	shown := w.send("GET", "/api/apiTokens/ci-1"+iotVersion, made.Token, nil)
	if shown.status != 200 || strings.Contains(string(shown.body), "SharedAccess") {
		t.Errorf("get with the token itself: %d %s", shown.status, shown.body)
	}
	if got := w.send("DELETE", "/api/apiTokens/ci-1"+iotVersion, made.Token, nil); got.status != 204 {
		t.Errorf("delete: %d %s", got.status, got.body)
	}
	for _, tt := range []struct {
		method, auth string
		status       int
	}{{"GET", made.Token, 401}, {"GET", w.iot(), 404}, {"DELETE", w.iot(), 404}} {
		if got := w.send(tt.method, "/api/apiTokens/ci-1"+iotVersion, tt.auth, nil); got.status != tt.status {
			t.Errorf("%s after delete: %d, want %d", tt.method, got.status, tt.status)
		}
	}
	if all := w.APITokens(); len(all) != 1 || all[0].State != "deleted" || all[0].ID != "ci-1" || !all[0].Expiry.Equal(want) || all[0].Application != "my-app" {
		t.Errorf("state %+v", all)
	}
}

func TestAPITokenEndsToTheMillisecond(t *testing.T) {
	t.Parallel()
	now := sampleTime()
	w := start(t, emulator.Options{Now: func() time.Time { return now }})
	made, _ := w.put("short", w.iot(), administrator, "expiry", now.Add(1234*time.Millisecond).Format(time.RFC3339Nano))
	for _, tt := range []struct {
		by     time.Duration
		status int
	}{{1233 * time.Millisecond, 200}, {time.Millisecond, 401}} {
		w.Advance(tt.by)
		if got := w.send("GET", "/api/apiTokens"+iotVersion, made.Token, nil); got.status != tt.status {
			t.Errorf("%v later: %d, want %d", tt.by, got.status, tt.status)
		}
	}
	if got := w.APITokens()[0].State; got != "expired" {
		t.Errorf("state %s", got)
	}
}

func TestWhoMayManageAPITokens(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	sas := func(id, role string) string {
		made, _ := w.put(id, w.iot(), role)
		return made.Token
	}
	token := func(o emulator.TokenOptions) string {
		o.Audience = emulator.IoTCentral
		return w.bearer(o)
	}
	custom := sas("minter", "0fab0000-0000-4000-8000-000000000101")
	for _, tt := range []struct {
		name, auth    string
		tokens, roles int
	}{
		{"administrator", w.iot(), 200, 200},
		{"operator", token(emulator.TokenOptions{Name: "christie@fabrikam.example"}), 403, 200},
		{"application", token(emulator.TokenOptions{App: true, Name: "deploy"}), 200, 200},
		{"unknown application", token(emulator.TokenOptions{App: true, Name: "stranger"}), 403, 403},
		{"unknown user", token(emulator.TokenOptions{Name: "ada@contoso.example"}), 403, 403},
		{"other scope", token(emulator.TokenOptions{Scopes: "openid"}), 401, 401},
		{"expired", token(emulator.TokenOptions{ExpiresIn: -time.Minute}), 401, 401},
		{"forged", token(emulator.TokenOptions{Forged: true}), 401, 401},
		{"other audience", w.bearer(emulator.TokenOptions{Scopes: "user_impersonation"}), 401, 401},
		{"PAT", basicAuth(w.mint("x").PATToken.Token), 401, 401},
		{"nothing", "", 401, 401},
		{"administrator's token", sas("all", administrator), 200, 200},
		{"operator's token", sas("some", operator), 403, 200},
		{"custom role's token", custom, 200, 200},
		{"altered token", strings.Replace(custom, "sig=FAKE", "sig=FAKf", 1), 401, 401},
	} {
		if got := w.send("GET", "/api/apiTokens"+iotVersion, tt.auth, nil); got.status != tt.tokens {
			t.Errorf("%s: tokens %d, want %d", tt.name, got.status, tt.tokens)
		}
		if got := w.send("GET", "/api/roles"+iotVersion, tt.auth, nil); got.status != tt.roles {
			t.Errorf("%s: roles %d, want %d", tt.name, got.status, tt.roles)
		}
	}
}

func TestAPITokensThatAreRefused(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	const path = "/api/apiTokens/x" + iotVersion
	role := `{"role":"` + administrator + `"}`
	for _, tt := range []struct {
		name, path, body string
		status           int
	}{
		{"no JSON", path, `{`, 400},
		{"no roles", path, `{}`, 422},
		{"empty roles", path, `{"roles":[]}`, 422},
		{"unknown role", path, `{"roles":[{"role":"x"}]}`, 422},
		{"organization role without one", path, `{"roles":[{"role":"` + orgAdmin + `"}]}`, 422},
		{"unknown organization", path, `{"roles":[{"role":"` + orgAdmin + `","organization":"mars"}]}`, 422},
		{"application role with one", path, `{"roles":[{"role":"` + operator + `","organization":"us"}]}`, 422},
		{"past", path, `{"roles":[` + role + `],"expiry":"2001-01-01T00:00:00Z"}`, 422},
		{"no date", path, `{"roles":[` + role + `],"expiry":"soon"}`, 422},
		{"no version", "/api/apiTokens/x", `{"roles":[` + role + `]}`, 400},
		{"odd version", "/api/apiTokens/x?api-version=7.1", `{"roles":[` + role + `]}`, 400},
		{"odd id", "/api/apiTokens/a%20b" + iotVersion, `{"roles":[` + role + `]}`, 400},
		{"long id", "/api/apiTokens/" + strings.Repeat("x", 49) + iotVersion, `{"roles":[` + role + `]}`, 400},
		{"the old path", "/api/apiToken/x" + iotVersion, `{"roles":[` + role + `]}`, 404},
	} {
		got := w.send("PUT", tt.path, w.iot(), tt.body)
		var e struct {
			Error struct{ Code, RequestID string }
		}
		got.json(t, &e)
		if got.status != tt.status || e.Error.Code == "" || e.Error.Code != got.header.Get("x-ms-error-code") || e.Error.RequestID == "" {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	if all := w.APITokens(); len(all) != 0 {
		t.Errorf("made %+v", all)
	}
}
