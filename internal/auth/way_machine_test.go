package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"

	"github.com/google/go-cmp/cmp"
)

const otherID = "44444444-4444-4444-4444-444444444444"

// machine is a metadata endpoint over HTTP that records its requests.
type machine struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func newMachine(t *testing.T, answer http.HandlerFunc) *machine {
	t.Helper()
	m := &machine{}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		var headers []string
		for _, name := range []string{"Metadata", "X-Identity-Header", "Secret", "Authorization"} {
			if value := r.Header.Get(name); value != "" {
				headers = append(headers, name+": "+value)
			}
		}
		m.mu.Lock()
		m.asked = append(m.asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+r.Form.Encode()+" "+strings.Join(headers, ", ")))
		m.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(m.Close)
	return m
}

// appService returns the environment of a program in App Service.
func (m *machine) appService() Environment {
	return Environment{Env: map[string]string{"IDENTITY_ENDPOINT": m.URL + "/msi/token", "IDENTITY_HEADER": "FAKE-IDENTITY-HEADER"}}
}

// gives returns an answer with a token, with numbers as strings as in most
// endpoints.
func gives(with map[string]any) map[string]any {
	all := map[string]any{"access_token": applicationToken, "expires_on": fmt.Sprint(time.Now().Add(time.Hour).Unix()), "resource": azureDevOpsApp, "token_type": "Bearer"}
	for name, value := range with {
		all[name] = value
	}
	return all
}

func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	resource := "resource=" + azureDevOpsApp
	for name, c := range map[string]struct {
		client string
		env    map[string]string // an empty value is replaced by the endpoint's address
		want   string
	}{
		"App Service":                     {"", map[string]string{"IDENTITY_ENDPOINT": "", "IDENTITY_HEADER": "FAKE-1"}, "GET /msi api-version=2019-08-01&" + resource + " X-Identity-Header: FAKE-1"},
		"App Service, an identity":        {otherID, map[string]string{"IDENTITY_ENDPOINT": "", "IDENTITY_HEADER": "FAKE-1"}, "GET /msi api-version=2019-08-01&client_id=" + otherID + "&" + resource + " X-Identity-Header: FAKE-1"},
		"Machine Learning":                {"", map[string]string{"MSI_ENDPOINT": "", "MSI_SECRET": "FAKE-2", "DEFAULT_IDENTITY_CLIENT_ID": clientID}, "GET /msi api-version=2017-09-01&clientid=" + clientID + "&" + resource + " Secret: FAKE-2"},
		"Machine Learning, another one":   {otherID, map[string]string{"MSI_ENDPOINT": "", "MSI_SECRET": "FAKE-2", "DEFAULT_IDENTITY_CLIENT_ID": clientID}, "GET /msi api-version=2017-09-01&clientid=" + otherID + "&" + resource + " Secret: FAKE-2"},
		"Cloud Shell":                     {"", map[string]string{"MSI_ENDPOINT": ""}, "POST /msi " + resource + " Metadata: true"},
		"Azure Arc that asks for nothing": {"", map[string]string{"IDENTITY_ENDPOINT": "", "IMDS_ENDPOINT": "http://127.0.0.1:1"}, "GET /msi api-version=2020-06-01&" + resource + " Metadata: true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, alike(200, gives(nil)))
			for key, value := range c.env {
				if value == "" {
					c.env[key] = m.URL + "/msi"
				}
			}
			s := entra(t)
			chosen, _ := choose(t, s, Inputs{Auth: wayManaged, ClientID: c.client}, devOps, Environment{Env: c.env})
			if got := ask(t, chosen); got != "Bearer "+applicationToken {
				t.Errorf("%q", got)
			}
			if diff := cmp.Diff([]string{c.want}, m.asked); diff != "" || len(s.asked()) != 0 {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// Without any variables, the address is Azure's own, which is not reachable here.
func TestMachineOfAzure(t *testing.T) {
	t.Parallel()
	at, err := (&chooser{}).metadata()
	if err != nil {
		t.Fatal(err)
	}
	req := at.call(azureDevOpsApp, clientID)
	want := "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&client_id=" + clientID + "&resource=" + azureDevOpsApp
	if got := req.URL.String(); got != want || req.Header.Get("Metadata") != "true" {
		t.Errorf("%s %q, want %s", got, req.Header, want)
	}
}

func TestManagedIdentityIsBeingUpdated(t *testing.T) {
	t.Parallel()
	first := true
	m := newMachine(t, func(w http.ResponseWriter, _ *http.Request) {
		if first {
			first = false
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		sendJSON(w, 200, gives(map[string]any{"expires_on": nil, "expires_in": 3600}))
	})
	chosen, _ := choose(t, entra(t), Inputs{Auth: wayManaged}, devOps, m.appService())
	token, err := chosen.Token(t.Context())
	if left := time.Until(token.Expires); err != nil || left < 50*time.Minute || left > time.Hour || len(m.asked) != 2 {
		t.Errorf("%v, %s left, asked %q", err, left, m.asked)
	}
}

func TestManagedIdentityFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   any
		code   fault.Code
		says   string
	}{
		{400, map[string]any{"error": "invalid_request", "error_description": "Identity not found FAKE-IDENTITY-HEADER"}, fault.CredentialRejected, "HTTP 400: App Service does not have the identity " + otherID + " (Identity not found ***)"},
		{401, "", fault.CredentialRejected, "HTTP 401"},
		{302, "", fault.CredentialRejected, "HTTP 302"},
		{503, "", fault.ServiceUnavailable, "HTTP 503 Service Unavailable (attempt 3)"},
		{200, "<html>" + applicationToken, fault.BadResponse, "get a token for the managed identity"},
		{200, gives(map[string]any{"access_token": ""}), fault.BadResponse, "without a token"},
		{200, gives(map[string]any{"access_token": "two words"}), fault.BadResponse, "is not a token"},
	} {
		m := newMachine(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "0")
			w.Header().Set("Location", "http://127.0.0.1:1/")
			sendJSON(w, c.status, c.body)
		})
		chosen, _ := choose(t, entra(t), Inputs{Auth: wayManaged, ClientID: otherID}, devOps, m.appService())
		_, err := chosen.Authorize(t.Context())
		expectFault(t, err, c.code, c.says)
	}
}

func TestManagedIdentityOnAnOrdinaryMachine(t *testing.T) {
	t.Parallel()
	e := Environment{Env: map[string]string{"IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token", "IDENTITY_HEADER": "FAKE-IDENTITY-HEADER"}}
	s := entra(t)
	chosen, n := choose(t, s, Inputs{Auth: wayManaged}, devOps, e)
	o := s.trusting(t)
	o.MaxAttempts = 1
	chosen.Connect(n.wire(t, o))
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.Network, "machines in Azure")
}

func TestManagedIdentityIsNotOneOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		client string
		env    map[string]string
		input  string
	}{
		"Service Fabric":         {"", map[string]string{"IDENTITY_ENDPOINT": "https://127.0.0.1:1", "IDENTITY_HEADER": "FAKE-1", "IDENTITY_SERVER_THUMBPRINT": "00"}, "auth"},
		"no choice":              {otherID, map[string]string{"MSI_ENDPOINT": "http://127.0.0.1:1"}, "client-id"},
		"no address":             {"", map[string]string{"IDENTITY_ENDPOINT": "localhost:80", "IDENTITY_HEADER": "FAKE-1"}, "IDENTITY_ENDPOINT"},
		"another host":           {"", map[string]string{"MSI_ENDPOINT": "http://evil.example/msi"}, "MSI_ENDPOINT"},
		"another host over TLS":  {"", map[string]string{"IDENTITY_ENDPOINT": "https://evil.example/msi", "IDENTITY_HEADER": "FAKE-1"}, "IDENTITY_ENDPOINT"},
		"a private address":      {"", map[string]string{"IDENTITY_ENDPOINT": "http://10.0.0.1", "IMDS_ENDPOINT": "http://127.0.0.1:1"}, "IDENTITY_ENDPOINT"},
		"a name of localhost":    {"", map[string]string{"MSI_ENDPOINT": "http://msi.localhost"}, "MSI_ENDPOINT"},
		"an address with a name": {"", map[string]string{"MSI_ENDPOINT": "http://somebody@127.0.0.1:1"}, "MSI_ENDPOINT"},
	} {
		_, err := Choose(Inputs{Auth: wayManaged, ClientID: c.client}, devOps, Environment{Env: c.env}, now)
		if f := fault.From(err); !fault.Is(err, fault.InvalidInput) || f.Input != c.input {
			t.Errorf("%s: %v, input %s", name, err, f.Input)
		}
	}
}

// arc returns a machine that requires a key, and the source that asks it.
func arc(t *testing.T, challenge string, answer map[string]any) (*machine, machineSource) {
	t.Helper()
	m := newMachine(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic FAKE-KEY-0001" {
			w.Header().Set("Www-Authenticate", challenge)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		sendJSON(w, 200, answer)
	})
	c := &chooser{env: Environment{Env: map[string]string{"IDENTITY_ENDPOINT": m.URL, "IMDS_ENDPOINT": m.URL}}}
	at, err := c.metadata()
	if err != nil {
		t.Fatal(err)
	}
	return m, machineSource{registration{scope: devOps.scope()}, at}
}

func TestAzureArc(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	path := filepath.Join(keys, "one.key")
	if err := os.WriteFile(path, []byte("FAKE-KEY-0001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		challenge, client string
		code              fault.Code
	}{
		"right":             {"Basic realm=" + path, "", ""},
		"in quotes":         {`Basic realm="` + path + `"`, clientID, ""},
		"another identity":  {"Basic realm=" + path, otherID, fault.CredentialRejected},
		"no challenge":      {"", "", fault.BadResponse},
		"another directory": {"Basic realm=" + keys + "/../one.key", "", fault.BadResponse},
		"another file":      {"Basic realm=" + filepath.Join(keys, "one.pem"), "", fault.BadResponse},
		"not for us":        {"Basic realm=" + filepath.Join(keys, "two.key"), "", fault.CredentialRejected},
	} {
		m, s := arc(t, c.challenge, gives(map[string]any{"client_id": clientID}))
		s.at.keys, s.client = keys, c.client
		n := &notebook{}
		got, err := s.fetch(t.Context(), n.wire(t, transport.Options{}))
		if c.code == "" && (err != nil || got.Value != applicationToken || n.hidden[0] != "FAKE-KEY-0001" || len(m.asked) != 2) {
			t.Errorf("%s: %v, hidden %q, asked %q", name, err, n.hidden, m.asked)
		}
		if c.code != "" {
			expectFault(t, err, c.code)
		}
	}
}
