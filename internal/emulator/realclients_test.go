package emulator_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"azstep/internal/emulator"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"golang.org/x/oauth2"
)

// The libraries that talk to the real services have to be content with the
// fake ones.

func (w *world) azureOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: w.URL()},
		Transport: w.client,
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
}

func (w *world) useCredential(name string, c azcore.TokenCredential, err error, status int) {
	w.t.Helper()
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	token, err := c.GetToken(w.t.Context(), policy.TokenRequestOptions{Scopes: []string{adoDefault}, EnableCAE: true})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	if got := w.send(http.MethodGet, patsPath, "Bearer "+token.Token, nil); got.status != status {
		w.t.Errorf("%s: the PAT API answers %d, want %d", name, got.status, status)
	}
}

func TestAzidentityClientSecret(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c, err := azidentity.NewClientSecretCredential(tenantID, deployApp, "FAKE-CLIENT-SECRET-0001",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.useCredential("client secret", c, err, http.StatusFound)

	c, err = azidentity.NewClientSecretCredential(tenantID, deployApp, "FAKE-WRONG",
		&azidentity.ClientSecretCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{adoDefault}})
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestAzidentityAssertion(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c, err := azidentity.NewClientAssertionCredential(tenantID, deployApp, func(context.Context) (string, error) {
		_, token := w.githubToken(oidcAudience)
		return token, nil
	}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.useCredential("assertion", c, err, http.StatusFound)
}

func TestAzidentityAzurePipelines(t *testing.T) { // not parallel: the library reads the process's environment
	w := start(t, emulator.Options{})
	env := variables(w.PipelinesEnv())
	t.Setenv("SYSTEM_OIDCREQUESTURI", env["SYSTEM_OIDCREQUESTURI"])
	c, err := azidentity.NewAzurePipelinesCredential(env["AZURESUBSCRIPTION_TENANT_ID"], env["AZURESUBSCRIPTION_CLIENT_ID"],
		env["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"], env["SYSTEM_ACCESSTOKEN"],
		&azidentity.AzurePipelinesCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.useCredential("Azure Pipelines", c, err, http.StatusFound)
}

func TestAzidentityManagedIdentity(t *testing.T) { // not parallel, for the same reason
	// The library keeps such tokens for as long as the process lives, by client id.
	client := strings.ToLower("0fab0000-0000-4000-8000-" + rand.Text()[:12])
	w := start(t, emulator.Options{Seed: bytes.ReplaceAll(emulator.DefaultSeed(), []byte(deployApp), []byte(client))})
	for name, value := range variables(w.ManagedIdentityEnv()) {
		t.Setenv(name, value)
	}
	c, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: w.azureOptions(), ID: azidentity.ClientID(client),
	})
	w.useCredential("managed identity", c, err, http.StatusFound)
}

func TestAzidentityDeviceCode(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true, TenantID: tenantID, ClientID: loginApp,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			return w.ApproveDevice(m.UserCode, "", false)
		},
	})
	w.useCredential("device code", c, err, http.StatusOK)
}

func TestOAuth2DeviceCodeAndRefresh(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, w.client)
	config := oauth2.Config{ClientID: loginApp, Scopes: strings.Fields(loginScopes), Endpoint: oauth2.Endpoint{
		DeviceAuthURL: w.URL() + "/" + tenantID + "/oauth2/v2.0/devicecode", TokenURL: w.URL() + tokenPath,
	}}
	d, err := config.DeviceAuth(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, err := config.DeviceAccessToken(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	// A source without an access token refreshes at once. x/oauth2 sends no scope,
	// which Entra takes for that of the sign-in.
	second, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: first.RefreshToken}).Token()
	if err != nil {
		t.Fatal(err)
	}
	if second.RefreshToken == first.RefreshToken || second.RefreshToken == "" {
		t.Error("the refresh token was not replaced")
	}
	if got := w.send(http.MethodGet, patsPath, "Bearer "+second.AccessToken, nil); got.status != http.StatusOK {
		t.Errorf("status %d", got.status)
	}
}

// The request count of a keyless run is a promise to users; discovery is one
// request more than azstep's own.
func TestRequestsOfAKeylessToken(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	c, err := azidentity.NewClientAssertionCredential(tenantID, deployApp, func(ctx context.Context) (string, error) {
		return fetchGitHubToken(ctx, w)
	}, &azidentity.ClientAssertionCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{adoDefault}}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Requests()); n != 3 || w.Connections() != 1 {
		t.Errorf("%d requests on %d connections: %+v", n, w.Connections(), w.Requests())
	}
}

func fetchGitHubToken(ctx context.Context, w *world) (string, error) {
	env := variables(w.GitHubEnv())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, env["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience="+oidcAudience, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	res, err := w.client.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	var b struct{ Value string }
	return b.Value, errors.Join(err, json.Unmarshal(text, &b))
}
