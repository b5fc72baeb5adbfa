package auth

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
	"github.com/azstep/azstep/internal/trust"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	tenantID   = "11111111-1111-1111-1111-111111111111"
	clientID   = "22222222-2222-2222-2222-222222222222"
	connection = "33333333-3333-3333-3333-333333333333"
	fakePAT    = "FAKE-PAT-0001"
	fakeSecret = "FAKE-CLIENT-SECRET-0001"
	fakeFresh  = "FAKE-REFRESH-TOKEN-0001"
	fakeJob    = "FAKE-JOB-TOKEN-0001"
)

// encrypted is a JWE, whose claims cannot be read here.
const encrypted = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0.a.b.c.d"

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// jwt makes a token with the given claims and an obviously fake signature.
func jwt(claims map[string]any) string {
	encode := func(v any) string {
		raw, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	return encode(map[string]string{"alg": "none", "typ": "JWT"}) + "." + encode(claims) + "." +
		base64.RawURLEncoding.EncodeToString([]byte("FAKE-SIGNATURE-0001"))
}

// user returns the claims of a user's token for Azure DevOps; with changes them.
func user(with map[string]any) map[string]any {
	all := map[string]any{
		"iss": "https://sts.windows.net/" + tenantID + "/", "tid": tenantID, "sub": "user-0001",
		"aud": azureDevOpsApp, "scp": "vso.pats vso.pats_manage", "idtyp": "user",
		"exp": now.Add(time.Hour).Unix(), "nbf": now.Unix(),
	}
	for name, value := range with {
		if value == nil {
			delete(all, name)
			continue
		}
		all[name] = value
	}
	return all
}

// request is a request that a fake service received.
type request struct {
	Method, Path, Query string
	Header              http.Header
	Form                url.Values
	Length              int64
}

// service is a TLS server that answers with a function and records its requests.
type service struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

func serve(t *testing.T, answer http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		s.mu.Lock()
		s.requests = append(s.requests, request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header, r.PostForm, r.ContentLength})
		s.mu.Unlock()
		answer(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // some tests break connections on purpose
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *service) asked() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// routes returns the paths of the requests, in order.
func (s *service) routes() []string {
	var all []string
	for _, r := range s.asked() {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}

func sendJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func grants(token string) map[string]any {
	return map[string]any{"token_type": "Bearer", "expires_in": 3600, "access_token": token}
}

const tokenPath = "/" + tenantID + "/oauth2/v2.0/token"

// applicationToken is the token that the fake Entra issues.
var applicationToken = jwt(map[string]any{"iss": "https://sts.windows.net/" + tenantID + "/", "tid": tenantID, "sub": "app-0001", "aud": azureDevOpsApp, "idtyp": "app"})

// assertion0 is the assertion that the fake hosts issue.
var assertion0 = jwt(map[string]any{"iss": "https://token.actions.githubusercontent.com", "sub": "repo:fabrikam/web:ref:refs/heads/main", "aud": exchangeAudience})

// entra answers at the token endpoint and at both hosts' endpoints for assertions.
func entra(t *testing.T) *service {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case tokenPath:
			sendJSON(w, 200, grants(applicationToken))
		case "/github":
			sendJSON(w, 200, map[string]any{"value": assertion0, "count": 1})
		case "/azure":
			sendJSON(w, 200, map[string]any{"oidcToken": assertion0})
		default:
			http.Error(w, "unexpected "+r.URL.Path, http.StatusTeapot)
		}
	})
}

// alike gives the same answer to every request.
func alike(status int, body any) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { sendJSON(w, status, body) }
}

// notebook records what was hidden and logged.
type notebook struct {
	mu            sync.Mutex
	hidden, lines []string
}

func (n *notebook) wire(t *testing.T, o transport.Options) Wire {
	o.Log, o.MaxAttempts = n.log, cmp.Or(o.MaxAttempts, 3)
	tr := transport.New(o)
	t.Cleanup(tr.Close)
	return Wire{Transport: tr, Log: n.log,
		Hide: func(secret string) { n.mu.Lock(); defer n.mu.Unlock(); n.hidden = append(n.hidden, secret) },
	}
}

func (n *notebook) log(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

// trusting returns the options of a transport that trusts the service.
func (s *service) trusting(t *testing.T) transport.Options {
	t.Helper()
	roots, err := trust.New(trust.Options{CAs: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})})
	if err != nil {
		t.Fatal(err)
	}
	return transport.Options{Trust: roots}
}

// choose calls Choose, which must succeed, and connects the credential to the
// service.
func choose(t *testing.T, s *service, in Inputs, need Need, e Environment) (*Credential, *notebook) {
	t.Helper()
	chosen, err := Choose(in, need, e, now)
	if err != nil {
		t.Fatalf("choose: %v", err)
	}
	n := &notebook{}
	chosen.Connect(n.wire(t, s.trusting(t)))
	return chosen, n
}

// identified returns inputs that name an application at the service.
func identified(s *service) Inputs {
	return Inputs{Auth: "auto", TenantID: tenantID, ClientID: clientID, AuthorityHost: s.URL}
}

func onGitHubAt(s *service) Environment {
	return Environment{Env: map[string]string{varGitHubURL: s.URL + "/github?run=1", varGitHubToken: fakeJob}}
}

func onAzureAt(s *service) Environment {
	return Environment{Azure: true, Env: map[string]string{varPipelinesURL: s.URL + "/azure", wayJobToken: fakeJob}}
}

// expectFault checks an error: its code, the texts that it and its hints must
// contain, and the secrets that they must not contain.
func expectFault(t *testing.T, err error, code fault.Code, says ...string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Fatalf("got %v (%T), want code %s", err, err, code)
	}
	all := err.Error() + "\n" + strings.Join(fault.From(err).Advice(), "\n")
	for _, want := range says {
		if !strings.Contains(all, want) {
			t.Errorf("does not say %q:\n%s", want, all)
		}
	}
	for _, secret := range []string{fakePAT, fakeSecret, fakeFresh, fakeJob, assertion0, applicationToken} {
		if strings.Contains(all, secret) {
			t.Errorf("says the secret %q:\n%s", secret, all)
		}
	}
}
