package emulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestFaultsAndTheirEffect(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		fault  emulator.Fault
		status int // 0: an error, and no answer
		minted int
	}{
		{emulator.Fault{Kind: emulator.Status, Status: 503, Header: map[string]string{"Retry-After": "1"}}, 503, 0},
		{emulator.Fault{Kind: emulator.Status, Status: 503, Effect: true}, 503, 1},
		{emulator.Fault{Kind: emulator.PATError, Body: "duplicateHash", Status: 409}, 409, 0},
		{emulator.Fault{Kind: emulator.Redirect}, 302, 0},
		{emulator.Fault{Kind: emulator.SignIn203}, 203, 0},
		{emulator.Fault{Kind: emulator.HTML200}, 200, 0},
		{emulator.Fault{Kind: emulator.Garbage}, 200, 0},
		{emulator.Fault{Kind: emulator.DropBefore}, 0, 0},
		{emulator.Fault{Kind: emulator.DropAfter}, 0, 1},
		{emulator.Fault{Kind: emulator.Cut}, 0, 1},
		{emulator.Fault{Kind: emulator.GiantHeaders}, 0, 1},
		{emulator.Fault{Kind: emulator.Slow, Delay: time.Millisecond, DelayAfter: time.Millisecond}, 200, 1},
		{emulator.Fault{Kind: emulator.Drip, Interval: time.Microsecond}, 200, 1},
	} {
		for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
			t.Run(string(tt.fault.Kind)+" "+protocol, func(t *testing.T) {
				t.Parallel()
				w := start(t, emulator.Options{})
				transport, _ := w.client.Transport.(*http.Transport)
				transport.ForceAttemptHTTP2 = protocol == "HTTP/2.0"
				fault := tt.fault
				fault.Method, fault.Path = "POST", "*/tokens/pats"
				if err := w.AddFault(fault); err != nil {
					t.Fatal(err)
				}
				got, err := w.try(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wish("f"))
				if (err != nil) != (tt.status == 0) || err == nil && got.status != tt.status {
					t.Errorf("status %d, error %v; want status %d", got.status, err, tt.status)
				}
				if n := len(w.PATs()); n != tt.minted {
					t.Errorf("%d PATs were minted, want %d", n, tt.minted)
				}
				for name, value := range tt.fault.Header {
					if got.header.Get(name) != value {
						t.Errorf("header %s is %q", name, got.header.Get(name))
					}
				}
				after := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wish("the fault is used up"))
				if after.status != http.StatusOK || after.protocol != protocol {
					t.Errorf("afterwards: status %d over %s", after.status, after.protocol)
				}
			})
		}
	}
}

func TestSkipAndTimes(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Kind: emulator.Status, Status: 500, Skip: 1, Times: 2}, emulator.Fault{Path: "/contoso/*", Kind: emulator.Status, Status: 418, Times: -1}); err != nil {
		t.Fatal(err)
	}
	auth := w.bearer(emulator.TokenOptions{})
	for i, want := range []int{200, 500, 500, 200, 200} {
		if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != want {
			t.Errorf("request %d: status %d, want %d", i, got.status, want)
		}
	}
	for range 3 {
		if got := w.send(http.MethodGet, "/contoso/_apis/tokens/pats", auth, nil); got.status != 418 {
			t.Errorf("status %d, want 418 for ever", got.status)
		}
	}
}

// Clients that share a server can have faults of their own, each by the name
// that it calls the server by.
func TestFaultsOfAHost(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	host := strings.TrimPrefix(w.URL(), "https://")
	for _, h := range []string{"other.example:8443", host} {
		w.send(http.MethodPost, "/_emulator/faults", "", map[string]any{"host": h, "kind": "status", "status": 418, "times": -1})
	}
	auth := w.bearer(emulator.TokenOptions{})
	for _, tt := range []struct {
		clear  string
		status int
	}{{"other.example:8443", 418}, {host, 200}} {
		w.send(http.MethodDelete, "/_emulator/faults?host="+tt.clear, "", nil)
		if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != tt.status {
			t.Errorf("without the faults of %s: status %d, want %d", tt.clear, got.status, tt.status)
		}
	}
	if err := w.AddFault(emulator.Fault{Host: "other.example:8443", Kind: emulator.Status, Status: 418}); err != nil {
		t.Fatal(err)
	}
	if got := w.send(http.MethodGet, patsPath, auth, nil); got.status != 200 {
		t.Errorf("the fault of another host gave %d", got.status)
	}
}

func TestHangEndsWithTheClientAndWithTheServer(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Kind: emulator.Hang, Times: -1}); err != nil {
		t.Fatal(err)
	}
	if err := w.abandon(http.MethodGet, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v; want a hung request", err)
	}
	done := make(chan error)
	go func() {
		_, err := w.try(http.MethodGet, patsPath, "", nil)
		done <- err
	}()
	until(t, "no other request arrives", func() bool { return len(w.Requests()) == 2 })
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil {
		t.Error("a hung request was answered")
	}
}

// A client has to bound what it reads; these answers have no end of their own,
// or one that is far away.
func TestAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range []emulator.FaultKind{emulator.Endless, emulator.GzipBomb} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := start(t, emulator.Options{})
			if err := w.AddFault(emulator.Fault{Kind: kind}); err != nil {
				t.Fatal(err)
			}
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+patsPath, nil)
			res, err := w.client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, io.LimitReader(res.Body, 32<<20))
			_ = res.Body.Close()
			if n != 32<<20 || err != nil {
				t.Errorf("read %d bytes, %v", n, err)
			}
		})
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
		{map[string]any{"kind": "pat", "scopes": "vso.code", "expiresIn": "10m"}, w.listWith, 203}, // a PAT is no bearer token
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

// TestControlRequestsAfter is how another process counts what one run sends.
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

func TestGlob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"/a/b", "/a/b", true}, {"/a/b", "/a/b/c", false}, {"/a/*", "/a/b/c", true}, {"*/pats", "/x/pats", true},
		{"*/pats", "/x/patsy", false}, {"/a*b*c", "/a1b2c", true}, {"/a*b*c", "/acb", false}, {"*", "", true}, {"ab*ba", "aba", false},
	} {
		if got := emulator.Glob(tt.pattern, tt.text); got != tt.want {
			t.Errorf("glob(%q, %q) = %v", tt.pattern, tt.text, got)
		}
	}
}

// TestARequestIsHandledAfterItsClientHasGone holds what makes a killed client
// dangerous: what it sent goes on without it.
func TestARequestIsHandledAfterItsClientHasGone(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Method: "POST", Delay: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	if err := w.abandon(http.MethodPost, wish("f")); err == nil {
		t.Error("the answer came before it could")
	}
	until(t, "the request was dropped with its connection", func() bool { return len(w.PATs()) > 0 })
}

// abandon sends a request and leaves once it has arrived.
func (w *world) abandon(method string, body any) error {
	w.t.Helper()
	ctx, leave := context.WithCancel(w.t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, method, w.URL()+patsPath, payload(w.t, body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", w.bearer(emulator.TokenOptions{}))
	before := len(w.Requests())
	gone := make(chan error, 1)
	go func() {
		res, err := w.client.Do(r)
		if err == nil {
			err = res.Body.Close()
		}
		gone <- err
	}()
	until(w.t, "the request has not arrived", func() bool { return len(w.Requests()) > before })
	leave()
	return <-gone
}

func until(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}
