package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// traffic is typical use. It removes everything that it creates.
type traffic struct {
	t           testing.TB
	server      *emulator.Server
	user, group string
}

func newTraffic(t testing.TB) *traffic {
	t.Helper()
	s, err := emulator.New(emulator.Options{LogSize: 64})
	if err != nil {
		t.Fatal(err)
	}
	return &traffic{
		t: t, server: s, user: "Bearer " + s.Token(emulator.TokenOptions{Scopes: "user_impersonation"}),
		group: "Bearer " + s.Token(emulator.TokenOptions{Audience: emulator.IoTCentral}),
	}
}

// ask calls the handler without the network, which this test does not measure.
func (f *traffic) ask(method, path, auth, body string, headers ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequestWithContext(f.t.Context(), method, "https://127.0.0.1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", auth)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	f.server.ServeHTTP(w, r)
	if w.Code >= http.StatusBadRequest && w.Code != http.StatusNotFound {
		f.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return w
}

// round is eleven requests.
func (f *traffic) round() {
	const teams = "/fabrikam/_apis/projects/Fabrikam/teams"
	f.ask(http.MethodOptions, "/fabrikam/_apis", f.user, "")
	f.ask(http.MethodGet, "/fabrikam/_apis/projects", f.user, "")
	f.ask(http.MethodGet, "/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/environment/1", f.user, "")
	f.ask(http.MethodGet, "/fabrikam/_apis/projects/Nowhere", f.user, "")
	f.ask(http.MethodPost, "/"+tenantID+"/oauth2/v2.0/token", "",
		"grant_type=client_credentials&client_id="+deployApp+"&client_secret=FAKE-CLIENT-SECRET-0001&scope="+adoDefault,
		"Content-Type: application/x-www-form-urlencoded")
	f.ask(http.MethodPost, teams+"?api-version=7.1", f.user, `{"name":"Load"}`)
	f.ask(http.MethodDelete, teams+"/Load?api-version=7.1", f.user, "")
	validTo := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	minted := f.ask(http.MethodPost, patsPath, f.user, `{"displayName":"load","scope":"vso.code","validTo":"`+validTo+`"}`)
	_, id, _ := strings.Cut(minted.Body.String(), `"authorizationId":"`)
	f.ask(http.MethodDelete, patsPath+"&authorizationId="+id[:36], f.user, "")
	f.ask(http.MethodPut, "/api/apiTokens/load?api-version=2022-07-31", f.group, `{"roles":[{"role":"ae2c9854-393b-4f97-8c42-479d70ce626e"}]}`)
	f.ask(http.MethodDelete, "/api/apiTokens/load?api-version=2022-07-31", f.group, "")
}

// heap returns the size of all live objects, in bytes.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestMemoryIsFlat(t *testing.T) { // not parallel: it measures the whole process
	f := newTraffic(t)
	for range 250 { // more than any ring or list stores
		f.round()
	}
	before := heap()
	for range 250 {
		f.round()
	}
	if after := heap(); after > before+before/20 {
		t.Errorf("the heap grew from %d to %d bytes over 2,750 requests", before, after)
	}
}

func BenchmarkRound(b *testing.B) {
	f := newTraffic(b)
	for b.Loop() {
		f.round()
	}
}
