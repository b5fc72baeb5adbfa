package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

const oidcAudience = "api://AzureADTokenExchange"

// variables converts NAME=value to a map.
func variables(list []string) map[string]string {
	m := map[string]string{}
	for _, v := range list {
		name, value, _ := strings.Cut(v, "=")
		m[name] = value
	}
	return m
}

// githubToken requests an OIDC token like a job does: the URL already has a query.
func (w *world) githubToken(audience string) (answer, string) {
	w.t.Helper()
	env := variables(w.GitHubEnv())
	path := strings.TrimPrefix(env["ACTIONS_ID_TOKEN_REQUEST_URL"], w.URL()) + "&audience=" + url.QueryEscape(audience)
	got := w.send(http.MethodGet, path, "Bearer "+env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], nil)
	var b struct {
		Count int
		Value string
	}
	got.json(w.t, &b)
	if b.Count != len(b.Value) {
		w.t.Errorf("count %d of %d characters", b.Count, len(b.Value))
	}
	return got, b.Value
}

func (w *world) pipelinesToken(auth, connection string, headers ...string) answer {
	w.t.Helper()
	path := strings.TrimPrefix(variables(w.PipelinesEnv())["SYSTEM_OIDCREQUESTURI"], w.URL())
	return w.send(http.MethodPost, path+"?api-version=7.1&serviceConnectionId="+connection, auth, nil, headers...)
}

func (w *world) exchange(assertion string) (answer, tokenBody) {
	w.t.Helper()
	return w.grant(tokenPath, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {deployApp}, "scope": {adoDefault}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
}

func TestKeylessOnGitHub(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	_, assertion := w.githubToken(oidcAudience)
	if got, b := w.exchange(assertion); b.AccessToken == "" {
		t.Fatalf("status %d, %s", got.status, got.body)
	}
	for name, tt := range map[string]struct {
		assertion func() string
		oauth     string
		code      int
	}{
		"subject": {func() string {
			w.SetGitHubSubject("repo:fabrikam/shop:environment:production")
			_, token := w.githubToken(oidcAudience)
			return token
		}, "invalid_client", 700213},
		"case": {func() string {
			w.SetGitHubSubject("repo:Fabrikam/shop:ref:refs/heads/main")
			_, token := w.githubToken(oidcAudience)
			w.SetGitHubSubject("repo:fabrikam/shop:ref:refs/heads/main")
			return token
		}, "invalid_client", 7002138},
		"audience":  {func() string { _, token := w.githubToken("https://elsewhere"); return token }, "invalid_client", 700212},
		"issuer":    {func() string { return w.Token(emulator.TokenOptions{}) }, "invalid_client", 700211},
		"signature": {func() string { return assertion[:len(assertion)-4] + "AAAA" }, "invalid_client", 700027},
		"malformed": {func() string { return "FAKE" }, "invalid_request", 50027},
	} {
		if _, b := w.exchange(tt.assertion()); b.Error != tt.oauth || code(b) != tt.code {
			t.Errorf("%s: %+v, want AADSTS%d", name, b, tt.code)
		}
	}
	w.Advance(6 * time.Minute)
	if _, b := w.exchange(assertion); code(b) != 700024 {
		t.Errorf("expired: %+v", b)
	}
}

func TestApplicationWithoutFederation(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	_, assertion := w.githubToken(oidcAudience)
	_, b := w.grant(tokenPath, url.Values{
		"grant_type": {"client_credentials"}, "client_id": {secretLogin}, "scope": {adoDefault}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	})
	if code(b) != 70021 {
		t.Errorf("%+v", b)
	}
}

func TestGitHubRefusesOtherTokens(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, auth := range []string{"", "Bearer FAKE-OTHER", "Basic RkFLRQ=="} {
		if got := w.send(http.MethodGet, "/_oidc/github?api-version=2.0", auth, nil); got.status != http.StatusUnauthorized {
			t.Errorf("%q: status %d", auth, got.status)
		}
	}
}

func TestKeylessOnAzurePipelines(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	env := variables(w.PipelinesEnv())
	var b struct{ OIDCToken string }
	w.pipelinesToken("Bearer "+env["SYSTEM_ACCESSTOKEN"], env["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]).json(t, &b)
	if got, token := w.exchange(b.OIDCToken); token.AccessToken == "" {
		t.Errorf("status %d, %s", got.status, got.body)
	}
}

func TestAzurePipelinesRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	job := func(organization string, life time.Duration) string {
		token, err := w.JobToken(organization, life)
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + token
	}
	good := job("", time.Hour)
	const connection, suppress, plain = "0fab0000-0000-4000-8000-0000000000c1", "X-TFS-FedAuthRedirect: Suppress", "Accept: application/json"
	for _, tt := range []struct {
		name, auth, connection, header string
		status                         int
		text                           string
	}{
		{"nobody", "", connection, plain, 302, "Object moved"},
		{"nobody, suppressed", "", connection, suppress, 401, ""},
		{"garbage", "Bearer FAKE", connection, plain, 302, "Object moved"},
		{"garbage, suppressed", "Bearer FAKE", connection, suppress, 401, "TF400813"},
		{"expired", job("", -time.Minute), connection, suppress, 401, "TF400813"},
		{"another organization's", job("contoso", time.Hour), connection, suppress, 401, "TF400813"},
		{"a user", w.bearer(emulator.TokenOptions{}), connection, suppress, 401, "TF400813"},
		{"unknown connection", good, "0fab0000-0000-4000-8000-00000000ffff", suppress, 400, "No service connection found with identifier"},
		{"not referenced", good, "0fab0000-0000-4000-8000-0000000000c2", suppress, 400, "There is no explicit reference to service connection"},
	} {
		got := w.pipelinesToken(tt.auth, tt.connection, tt.header)
		if got.status != tt.status || !strings.Contains(string(got.body), tt.text) {
			t.Errorf("%s: status %d, %s; want %d with %q", tt.name, got.status, got.body, tt.status, tt.text)
		}
	}
	if _, err := w.JobToken("nobody", time.Hour); err == nil {
		t.Error("a job token of an organization that does not exist")
	}
}

func TestJobTokenIsNoUser(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	token, err := w.JobToken("fabrikam", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.send(http.MethodGet, patsPath, "Bearer "+token, nil); got.status != http.StatusUnauthorized {
		t.Errorf("the PAT API took a job token: %d", got.status)
	}
	if kind := w.Requests()[0].Credential; kind != "job token" {
		t.Errorf("the log calls it %q", kind)
	}
}

func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	env := variables(w.ManagedIdentityEnv())
	service := strings.TrimPrefix(env["IDENTITY_ENDPOINT"], w.URL())
	header := "X-IDENTITY-HEADER: " + env["IDENTITY_HEADER"]
	const imds, metadata, resource = "/metadata/identity/oauth2/token", "Metadata: true", "?api-version=2018-02-01&resource=" + emulator.AzureDevOps
	for _, tt := range []struct {
		path, header string
		status       int
		text         string
	}{
		{imds + resource, metadata, 200, "access_token"},
		{imds + resource + "&client_id=" + deployApp, metadata, 200, "access_token"},
		{imds + resource, "Metadata: no", 400, "Required metadata header not specified"},
		{imds + resource + "&client_id=" + loginApp, metadata, 400, "Identity not found"},
		{imds + "?resource=https://vault.azure.net", metadata, 400, "AADSTS500011"},
		{service + resource, header, 200, "access_token"},
		{service + resource, "X-IDENTITY-HEADER: FAKE-OTHER", 401, "X-IDENTITY-HEADER"},
	} {
		got := w.send(http.MethodGet, tt.path, "", nil, tt.header)
		if got.status != tt.status || !strings.Contains(string(got.body), tt.text) {
			t.Errorf("%s (%s): status %d, %s; want %d with %s", tt.path, tt.header, got.status, got.body, tt.status, tt.text)
		}
	}
}
