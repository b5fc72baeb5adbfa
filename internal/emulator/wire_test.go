package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/emulator"
)

// sample is a sample message of the API description, testdata/wire.
type sample struct {
	Method, URL string
	Request     json.RawMessage
	Status      int
	Response    json.RawMessage
}

func readSample(t *testing.T, name string) sample {
	t.Helper()
	text, err := os.ReadFile("../../testdata/wire/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var s sample
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// shape returns a JSON value in which every string, number and boolean is replaced
// by its type, and every list by the distinct shapes in it.
func shape(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, v := range x {
			out[k] = shape(v)
		}
		return out
	case []any:
		out := map[string]any{}
		for _, v := range x {
			out[fmt.Sprint(shape(v))] = true
		}
		return out
	case nil:
		return nil
	}
	return fmt.Sprintf("%T", v)
}

func shapeOf(t *testing.T, text []byte) any {
	t.Helper()
	if len(text) == 0 {
		text = []byte("null")
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return shape(v)
}

// sampleTime is the time of the samples.
func sampleTime() time.Time { return time.Date(2020, 11, 2, 22, 56, 52, 103_400_000, time.UTC) }

func TestAnswersHaveTheSamplesShape(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	if err := w.SetPATPolicy("fabrikam", emulator.PATPolicy{AllowGlobal: true}); err != nil {
		t.Fatal(err)
	}
	create := w.replay("pats-create.json", "")
	var b patBody
	create.json(t, &b)
	if b.PATToken.ValidTo != "2020-12-01T23:46:23.32Z" || b.PATToken.ValidFrom != "2020-11-02T22:56:52.1033333Z" {
		t.Errorf("times are not rounded as in the sample: %+v", b.PATToken)
	}
	w.replay("pats-get.json", b.PATToken.AuthorizationID)
	w.replay("pats-update.json", b.PATToken.AuthorizationID)
	// The sample has PATs for one and for all organizations. This one is for one.
	w.replay("pats-create.json", "")
	w.replay("pats-list.json", "")
	w.replay("pats-revoke.json", b.PATToken.AuthorizationID)
}

// replay sends a sample's request for the PAT with the id, and compares status and
// shape with the sample's response.
func (w *world) replay(name, id string) answer {
	w.t.Helper()
	s := readSample(w.t, name)
	_, path, _ := strings.Cut(s.URL, "vssps.dev.azure.com")
	got := w.send(s.Method, withID(path, id), w.bearer(emulator.TokenOptions{}), withID(string(s.Request), id))
	if got.status != s.Status {
		w.t.Errorf("%s: status %d, want %d: %s", name, got.status, s.Status, got.body)
	}
	if diff := cmp.Diff(shapeOf(w.t, s.Response), shapeOf(w.t, got.body)); diff != "" {
		w.t.Errorf("%s: the answer's shape differs (-sample +emulator):\n%s", name, diff)
	}
	return got
}

// withID replaces the samples' id by that of an existing PAT.
func withID(text, id string) string {
	for _, sampled := range []string{"cf42cc9f-f170-4375-92ba-c13d58a6545f", "3d3aca0c-9ad3-4b07-8334-08ec8b1ddc32"} {
		text = strings.ReplaceAll(text, sampled, id)
	}
	return text
}

// The emulator's time format can express every time in the samples.
func TestSampleTimesAreKept(t *testing.T) {
	t.Parallel()
	var list struct {
		PATTokens []struct{ ValidTo, ValidFrom string }
	}
	if err := json.Unmarshal(readSample(t, "pats-list.json").Response, &list); err != nil {
		t.Fatal(err)
	}
	var times []string
	for _, p := range list.PATTokens {
		times = append(times, p.ValidTo, p.ValidFrom)
	}
	slices.Sort(times)
	for _, text := range slices.Compact(times) {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if got := emulator.PATTime(at); got != text {
			t.Errorf("PATTime(%s) = %s", text, got)
		}
	}
}

// asSampled sends a sample's request, with some texts replaced by those of the
// server under test, and compares the shape of the response with the sample's.
func (w *world) asSampled(name, auth string, replace ...string) answer {
	w.t.Helper()
	s := readSample(w.t, name)
	u, err := url.Parse(s.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	fill := strings.NewReplacer(replace...)
	got := w.send(s.Method, fill.Replace(u.RequestURI()), auth, fill.Replace(string(s.Request)))
	if got.status != s.Status {
		w.t.Errorf("%s: status %d, want %d: %s", name, got.status, s.Status, got.body)
	}
	if diff := cmp.Diff(shapeOf(w.t, s.Response), shapeOf(w.t, got.body)); diff != "" {
		w.t.Errorf("%s: the answer's shape differs (-sample +emulator):\n%s", name, diff)
	}
	return got
}

func (w *world) full() string {
	return w.bearer(emulator.TokenOptions{Scopes: "user_impersonation"})
}

func TestCoreAnswersHaveTheSamplesShape(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	for _, name := range []string{"projects-list.json", "teams-list.json", "teams-mine.json", "teams-get.json", "teams-members.json"} {
		w.asSampled(name, w.full())
	}
	var made struct{ ID string }
	w.asSampled("teams-create.json", w.full()).json(t, &made)
	w.asSampled("teams-update.json", w.full(), "/teams?", "/teams/"+made.ID+"?") // the sample's URL lacks the id
	w.asSampled("teams-delete.json", w.full(), "8e8aa4ff-848a-474a-9033-93190137c8e4", made.ID)
}

func basicAuth(pat string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+pat))
}

func TestCheckAnswersHaveTheSamplesShape(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	rm := []string{"/RM/", "/Fabrikam/"}
	for _, name := range []string{"checks-add-approval.json", "checks-add-task.json", "checks-list.json", "checks-query.json"} {
		w.asSampled(name, w.full(), rm...)
	}
	w.asSampled("checks-get.json", w.full(), append(rm, "configurations/16", "configurations/1")...)
}
