package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/emulator"
)

// Every control request is documented. If it takes a body, the documentation has a
// valid example.
func TestControlBodiesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(POST|PUT) /_emulator/([^`]+)`.*?\\| (.*) \\|$").FindAllStringSubmatch(string(text), -1)
	body := regexp.MustCompile("`([{\\[][^`]*[}\\]])`")
	for _, route := range emulator.ControlRoutes() {
		if !strings.Contains(string(text), "`"+route+"`") {
			t.Errorf("docs/emulator.md does not mention %s", route)
		}
	}
	s := start(t, emulator.Options{})
	for _, row := range rows {
		path := strings.NewReplacer("{org}", "fabrikam", "{project}", "Fabrikam", "{tenant}", "fabrikam.example", "{type}", "endpoint", "{id}", "deploy").Replace(row[2])
		example := body.FindStringSubmatch(row[3])
		switch {
		case path == "reset":
			continue
		case path == "faults":
			example = regexp.MustCompile("-d '(.*)'").FindStringSubmatch(string(text))
		case example == nil:
			t.Errorf("%s %s has no body in docs/emulator.md", row[1], row[2])
			continue
		}
		request, err := http.NewRequestWithContext(t.Context(), row[1], s.URL()+"/_emulator/"+path, bytes.NewReader([]byte(example[1])))
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		// The items in the example do not need to exist.
		missing := regexp.MustCompile("no device code|is not in the seed|has no endpoint|user code").Match(answer)
		if response.StatusCode >= 400 && !missing {
			t.Errorf("%s %s with %s: %d %s", row[1], path, example[1], response.StatusCode, answer)
		}
	}
}

// Credentials that ended are dropped after a while but still counted. Active ones
// are kept.
func TestCountsOfWhatIsForgotten(t *testing.T) {
	t.Parallel()
	const ended = 300
	w := start(t, emulator.Options{})
	user, group := w.bearer(emulator.TokenOptions{}), w.iot()
	first := w.mint("lives")
	w.put("lives", group, operator)
	for i := range ended {
		pat := w.mint("ends")
		w.send(http.MethodDelete, patsPath+"&authorizationId="+pat.PATToken.AuthorizationID, user, nil)
		id := "ends" + strconv.Itoa(i)
		w.put(id, group, operator)
		w.send(http.MethodDelete, "/api/apiTokens/"+id+iotVersion, group, nil)
	}
	var got emulator.Counts
	w.send(http.MethodGet, "/_emulator/state/counts", "", nil).json(t, &got)
	all := emulator.Count{Made: ended + 1, Ended: ended}
	if diff := cmp.Diff(emulator.Counts{PATs: all, APITokens: all}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	pats, tokens := w.PATs(), w.APITokens()
	if len(pats) > ended || len(tokens) > ended {
		t.Errorf("%d PATs and %d API tokens are remembered", len(pats), len(tokens))
	}
	if pats[0].AuthorizationID != first.PATToken.AuthorizationID || pats[0].State != "active" || tokens[0].ID != "lives" || tokens[0].State != "active" {
		t.Errorf("what lives: %+v, %+v", pats[0], tokens[0])
	}
	if w.put("ends0", group, operator); w.Counts().APITokens.Made != ended+2 {
		t.Error("the id of a token that is forgotten cannot be used again")
	}
}

func TestControlOverHTTP(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct {
		method, path string
		body         any
		status       int
	}{
		{"POST", "/_emulator/faults", `{"method":"post","path":"*/pats","kind":"status","status":503,"times":1,"delay":"1ms","delayAfter":"1ms"}`, 204},
		{"POST", "/_emulator/faults", `{"kind":"stauts"}`, 400},
		{"POST", "/_emulator/faults", `{"kind":"status","metod":"GET"}`, 400},
		{"POST", "/_emulator/faults", `{"kind":"drip","interval":"often"}`, 400},
		{"POST", "/_emulator/faults", `{"kind":"drip","interval":"-1s"}`, 400},
		{"POST", "/_emulator/faults", `{"kind":"status","status":99}`, 400},
		{"POST", "/_emulator/faults", `{"kind":"status","times":-2}`, 400},
		{"POST", "/_emulator/token", `{"kindd":"pat"}`, 400},
		{"PUT", "/_emulator/policies/fabrikam", map[string]any{"maxDays": 3}, 204},
		{"PUT", "/_emulator/policies/nobody", map[string]any{}, 400},
		{"POST", "/_emulator/clock", map[string]any{"advance": "10m"}, 204},
		{"POST", "/_emulator/clock", map[string]any{"advance": "soon"}, 400},
	} {
		if got := w.send(tt.method, tt.path, "", tt.body); got.status != tt.status {
			t.Errorf("%s %s %v: status %d, %s", tt.method, tt.path, tt.body, got.status, got.body)
		}
	}
	var made struct{ Token string }
	w.send(http.MethodPost, "/_emulator/token", "", map[string]any{"name": "christie@fabrikam.example"}).json(t, &made)
	if got := w.send(http.MethodPost, patsPath, "Bearer "+made.Token, wish("a")); got.status != 503 {
		t.Errorf("the fault gave %d", got.status)
	}
	w.send(http.MethodPost, patsPath, "Bearer "+made.Token, wish("b"))
	var pats struct{ Value []emulator.PAT }
	w.send(http.MethodGet, "/_emulator/state/pats", "", nil).json(t, &pats)
	if len(pats.Value) != 1 || pats.Value[0].Owner != "christie@fabrikam.example" {
		t.Errorf("state: %+v", pats)
	}
	w.send(http.MethodPost, "/_emulator/faults", "", `{"kind":"hang","times":-1}`)
	w.send(http.MethodDelete, "/_emulator/faults", "", nil)
	w.send(http.MethodPost, "/_emulator/reset", "", nil)
	if n := len(w.PATs()) + len(w.Requests()) + w.Connections(); n != 0 {
		t.Errorf("%d things survived the reset", n)
	}
}

func TestControlMakesTokens(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tt := range []struct {
		body   map[string]any
		use    func(token string) answer
		status int
	}{
		{map[string]any{"scopes": "user_impersonation"}, w.listWith, 200},
		{map[string]any{"kind": "entra", "app": true}, w.listWith, 302},
		{map[string]any{"expiresIn": "-1m"}, w.listWith, 203},
		{map[string]any{"kind": "job"}, w.listWith, 401},
		{map[string]any{"kind": "refresh", "application": "azstep login"}, w.refreshWith, 200},
		{map[string]any{"kind": "pat", "scopes": "vso.code", "expiresIn": "10m"}, w.listWith, 203}, // a PAT is not a bearer token
	} {
		var made struct{ Token string }
		w.send(http.MethodPost, "/_emulator/token", "", tt.body).json(t, &made)
		if got := tt.use(made.Token); made.Token == "" || got.status != tt.status {
			t.Errorf("%v: status %d, want %d", tt.body, got.status, tt.status)
		}
	}
	for _, body := range []map[string]any{{"kind": "sas"}, {"expiresIn": "soon"}, {"organization": "nobody"}} {
		if got := w.send(http.MethodPost, "/_emulator/token", "", body); got.status != http.StatusBadRequest {
			t.Errorf("%v: status %d", body, got.status)
		}
	}
}

func (w *world) listWith(token string) answer {
	return w.send(http.MethodGet, patsPath, "Bearer "+token, nil)
}

func (w *world) refreshWith(token string) answer {
	got, _ := w.grant(tokenPath, url.Values{"grant_type": {"refresh_token"}, "client_id": {loginApp}, "refresh_token": {token}})
	return got
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{LogSize: 3})
	secret := w.bearer(emulator.TokenOptions{})
	w.send(http.MethodGet, patsPath, "", nil)
	for _, auth := range []string{secret, w.bearer(emulator.TokenOptions{App: true}), "Basic OkZBS0U=", "SharedAccessSignature sr=FAKE"} {
		w.send(http.MethodGet, patsPath, auth, nil)
	}
	got := w.Requests()
	var kinds []string
	for _, r := range got {
		kinds = append(kinds, r.Credential)
		if r.Method != "GET" || r.Path != "/fabrikam/_apis/tokens/pats" || r.Query != "api-version=7.1-preview.1" || r.Connection != 1 {
			t.Errorf("entry %+v", r)
		}
	}
	if len(got) != 3 || got[0].Seq != 3 || got[2].Status != 203 || strings.Join(kinds, " ") != "app pat sas" {
		t.Errorf("log %+v", got)
	}
	if w.Connections() != 1 {
		t.Errorf("%d connections", w.Connections())
	}
	text, err := json.Marshal(w.Requests())
	if err != nil || bytes.Contains(text, []byte(strings.TrimPrefix(secret, "Bearer "))) {
		t.Error("the log holds a credential")
	}
}

// TestControlRequestsAfter counts the requests of one run from another process.
func TestControlRequestsAfter(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{LogSize: 3})
	for range 4 {
		w.send(http.MethodGet, patsPath, "", nil)
	}
	for query, want := range map[string][]int{"": {2, 3, 4}, "?after=0": {2, 3, 4}, "?after=3": {4}, "?after=4": {}, "?after=9": {}} {
		var got struct {
			Connections, Count int
			Value              []emulator.Request
		}
		w.send(http.MethodGet, "/_emulator/requests"+query, "", nil).json(t, &got)
		seqs := []int{}
		for _, r := range got.Value {
			seqs = append(seqs, r.Seq)
		}
		if got.Connections != 1 || got.Count != 4 || !slices.Equal(seqs, want) {
			t.Errorf("%q: %+v, want %v", query, got, want)
		}
	}
	for _, query := range []string{"?after=x", "?after=-1"} {
		if got := w.send(http.MethodGet, "/_emulator/requests"+query, "", nil); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d", query, got.status)
		}
	}
}
