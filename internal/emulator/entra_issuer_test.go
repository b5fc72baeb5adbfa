package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// assertion returns a federated token that the server creates for the issuer.
func (w *world) assertion(o emulator.AssertionOptions) string {
	w.t.Helper()
	token, err := w.Assertion(o)
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

func TestEveryIssuerIsTrusted(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, name := range []string{"github", "azure-pipelines", "gitlab", "forgejo", "buildkite", "jenkins", "kubernetes", "entra"} {
		if got, b := w.exchange(w.assertion(emulator.AssertionOptions{Issuer: name})); b.AccessToken == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if _, err := w.Assertion(emulator.AssertionOptions{Issuer: "nobody"}); err == nil {
		t.Error("an unknown issuer made an assertion")
	}
}

func TestWhatAnAssertionIsRefusedFor(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	long := "project_path:fabrikam/" + strings.Repeat("x", 560)
	for name, tt := range map[string]struct {
		o    emulator.AssertionOptions
		code string
	}{
		"subject":  {emulator.AssertionOptions{Issuer: "gitlab", Subject: long}, "AADSTS700213: No matching federated identity record found for presented assertion subject '" + long + "'"},
		"issuer":   {emulator.AssertionOptions{Issuer: "https://gitlab.example"}, "AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://gitlab.example'"},
		"audience": {emulator.AssertionOptions{Issuer: "gitlab", Audience: "https://gitlab.com"}, "AADSTS700212: No matching federated identity record found for presented assertion audience 'https://gitlab.com'"},
		"forged":   {emulator.AssertionOptions{Issuer: "gitlab", Forged: true}, "AADSTS700027"},
		"expired":  {emulator.AssertionOptions{Issuer: "gitlab", ExpiresIn: -time.Minute}, "AADSTS700024"},
	} {
		if got, _ := w.exchange(w.assertion(tt.o)); !strings.Contains(string(got.body), tt.code) {
			t.Errorf("%s: %s, want %s", name, got.body, tt.code)
		}
	}
}

func TestFlexibleCredentials(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.SetGitHub(emulator.GitHubOptions{Immutable: true})
	_, token := w.githubToken(oidcAudience)
	if got, b := w.exchange(token); b.AccessToken == "" {
		t.Errorf("immutable subject: %s", got.body)
	}
	w.SetGitHub(emulator.GitHubOptions{Subject: "repo:fabrikam@1001/shop@2002:environment:production"})
	_, token = w.githubToken(oidcAudience)
	if got, _ := w.exchange(token); !strings.Contains(string(got.body), "AADSTS700213") {
		t.Errorf("another subject: %s", got.body)
	}
	// The other claim of the expression is missing.
	plain := w.assertion(emulator.AssertionOptions{Issuer: "github", Subject: "repo:fabrikam@1001/shop@2002:ref:refs/heads/main"})
	if got, _ := w.exchange(plain); !strings.Contains(string(got.body), "AADSTS700213") {
		t.Errorf("without visibility: %s", got.body)
	}
	_, err := emulator.New(emulator.Options{Seed: []byte(strings.Replace(string(emulator.DefaultSeed()), "claims['sub'] matches", "sub matches", 1))})
	if err == nil {
		t.Error("an expression that is none was taken")
	}
}

func TestConvertedConnection(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	job, _ := w.JobToken("", time.Hour)
	ask := func() string {
		var b struct{ OIDCToken string }
		w.pipelinesToken("Bearer "+job, "0fab0000-0000-4000-8000-0000000000c1").json(t, &b)
		return b.OIDCToken
	}
	if err := w.ConvertConnection("deploy"); err != nil {
		t.Fatal(err)
	}
	token := ask()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var stated map[string]any
	if err != nil || json.Unmarshal(payload, &stated) != nil {
		t.Fatalf("%q is no JWT", token)
	}
	if stated["iss"] != "https://login.microsoftonline.com/"+tenantID+"/v2.0" || stated["aud"] != "fb60f99c-7a34-4190-8149-302f77469936" || !strings.HasPrefix(stated["sub"].(string), "/eid1/") {
		t.Errorf("%v", stated)
	}
	if got, b := w.exchange(token); b.AccessToken == "" {
		t.Errorf("%s", got.body)
	}
	if w.ConvertConnection("none") == nil {
		t.Error("a connection that is none was converted")
	}
}

func TestWhoIsConnected(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	job, _ := w.JobToken("", time.Hour)
	for auth, want := range map[string][2]string{
		w.bearer(emulator.TokenOptions{}):          {"Jamal Hartnett", "aad."},
		w.bearer(emulator.TokenOptions{App: true}): {"deploy", "aadsp."},
		"Bearer " + job:                            {"Project Collection Build Service (fabrikam)", "svc."},
	} {
		var b struct {
			AuthenticatedUser struct{ ProviderDisplayName, SubjectDescriptor string }
		}
		got := w.send(http.MethodGet, "/fabrikam/_apis/connectionData?api-version=7.1-preview.1", auth, nil)
		got.json(t, &b)
		if u := b.AuthenticatedUser; u.ProviderDisplayName != want[0] || !strings.HasPrefix(u.SubjectDescriptor, want[1]) {
			t.Errorf("%+v, want %v", u, want)
		}
		if got.header.Get("Date") == "" {
			t.Error("no Date")
		}
	}
}
