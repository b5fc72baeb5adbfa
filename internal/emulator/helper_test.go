package emulator_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/azstep/azstep/internal/emulator"
)

// world is a server for one test and a client that trusts it.
type world struct {
	t *testing.T
	*emulator.Server
	client *http.Client
}

func start(t *testing.T, o emulator.Options) *world {
	t.Helper()
	s, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &world{t: t, Server: s, client: trusting(t, s)}
}

func trusting(t testing.TB, s *emulator.Server) *http.Client {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CAPEM()) {
		t.Fatal("CAPEM is no certificate")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// answer is a response and its body.
type answer struct {
	status   int
	header   http.Header
	body     []byte
	protocol string
}

func (a answer) json(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		t.Fatalf("status %d, body %q: %v", a.status, a.body, err)
	}
}

// send sends a request. auth is the complete header Authorization; headers are
// "Name: value".
func (w *world) send(method, path, auth string, body any, headers ...string) answer {
	w.t.Helper()
	got, err := w.try(method, path, auth, body, headers...)
	if err != nil {
		w.t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

func (w *world) try(method, path, auth string, body any, headers ...string) (answer, error) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, payload(w.t, body))
	if err != nil {
		w.t.Fatal(err)
	}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	if _, isForm := body.(url.Values); isForm {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	res, err := w.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, text, res.Proto}, err
}

// payload encodes a string unchanged, url.Values as a form, and everything else as
// JSON.
func payload(t *testing.T, body any) io.Reader {
	t.Helper()
	switch b := body.(type) {
	case nil:
		return http.NoBody
	case string:
		return strings.NewReader(b)
	case url.Values:
		return strings.NewReader(b.Encode())
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(text)
}

func (w *world) bearer(o emulator.TokenOptions) string { return "Bearer " + w.Token(o) }

const patsPath = "/fabrikam/_apis/tokens/pats?api-version=7.1-preview.1"

// patBody holds the properties of a PAT API response that the tests check.
type patBody struct {
	PATToken struct {
		DisplayName, ValidTo, Scope, ValidFrom, AuthorizationID, Token string
		TargetAccounts                                                 []string
	}
	PATTokenError, PATTokenErrorMessage string
}

type patList struct {
	ContinuationToken string
	PATTokens         []struct {
		DisplayName, AuthorizationID string
		Token                        *string
	}
}

func wish(name string) map[string]any {
	return map[string]any{
		"displayName": name, "scope": "vso.code", "allOrgs": false,
		"validTo": time.Now().Add(time.Hour).UTC().Format(time.RFC3339Nano),
	}
}

func (w *world) mint(name string) patBody {
	w.t.Helper()
	got := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), wish(name))
	var b patBody
	got.json(w.t, &b)
	if got.status != http.StatusOK || b.PATTokenError != "none" || b.PATToken.Token == "" {
		w.t.Fatalf("mint: status %d, body %s", got.status, got.body)
	}
	return b
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
