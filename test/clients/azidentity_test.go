package clients

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func (w *world) azureOptions() azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: w.URL()},
		Transport: w.httpClient(),
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
}

// use calls Azure DevOps with a token from the credential.
func (w *world) use(c azcore.TokenCredential, err error) {
	w.t.Helper()
	if err := w.bearer(w.token(c, err)); err != nil {
		w.t.Error(err)
	}
}

func (w *world) token(c azcore.TokenCredential, err error) string {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	token, err := c.GetToken(w.t.Context(), policy.TokenRequestOptions{Scopes: []string{devops + "/.default"}, EnableCAE: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return token.Token
}

func TestAzidentityClientSecret(t *testing.T) {
	t.Parallel()
	w := start(t)
	options := &azidentity.ClientSecretCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true}
	c, err := azidentity.NewClientSecretCredential(tenant, deployApp, "FAKE-CLIENT-SECRET-0001", options)
	w.use(c, err)
	c = got[*azidentity.ClientSecretCredential](t)(azidentity.NewClientSecretCredential(tenant, deployApp, "FAKE-WRONG", options))
	_, err = c.GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{devops + "/.default"}})
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestAzidentityAssertion(t *testing.T) {
	t.Parallel()
	w := start(t)
	c, err := azidentity.NewClientAssertionCredential(tenant, deployApp, w.gitHubToken,
		&azidentity.ClientAssertionCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.use(c, err)
}

// gitHubToken requests a token as a step of GitHub Actions does.
func (w *world) gitHubToken(ctx context.Context) (string, error) {
	env := variables(w.GitHubEnv())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, env["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=api://AzureADTokenExchange", http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
	resp, err := w.httpClient().Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	var answer struct{ Value string }
	return answer.Value, json.NewDecoder(resp.Body).Decode(&answer)
}

func TestAzidentityAzurePipelines(t *testing.T) { // not parallel: the library reads the process's environment
	w := start(t)
	env := variables(w.PipelinesEnv())
	t.Setenv("SYSTEM_OIDCREQUESTURI", env["SYSTEM_OIDCREQUESTURI"])
	c, err := azidentity.NewAzurePipelinesCredential(env["AZURESUBSCRIPTION_TENANT_ID"], env["AZURESUBSCRIPTION_CLIENT_ID"],
		env["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"], env["SYSTEM_ACCESSTOKEN"],
		&azidentity.AzurePipelinesCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.use(c, err)
}

// TestAzidentityConvertedConnection does the same after "Convert" was pressed on the
// connection's page, with an assertion that Entra itself issued.
func TestAzidentityConvertedConnection(t *testing.T) { // not parallel, for the same reason
	w := start(t)
	if err := w.ConvertConnection("deploy"); err != nil {
		t.Fatal(err)
	}
	env := variables(w.PipelinesEnv())
	t.Setenv("SYSTEM_OIDCREQUESTURI", env["SYSTEM_OIDCREQUESTURI"])
	c, err := azidentity.NewAzurePipelinesCredential(env["AZURESUBSCRIPTION_TENANT_ID"], env["AZURESUBSCRIPTION_CLIENT_ID"],
		env["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"], env["SYSTEM_ACCESSTOKEN"],
		&azidentity.AzurePipelinesCredentialOptions{ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true})
	w.use(c, err)
}

// TestAzidentityWorkloadIdentity reads the token as a pod does: from a file behind
// the links of a Kubernetes mount that the environment names.
func TestAzidentityWorkloadIdentity(t *testing.T) { // not parallel, for the same reason
	w := start(t)
	dir := t.TempDir()
	if err := w.WriteDir(dir); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_FEDERATED_TOKEN_FILE", filepath.Join(dir, "pod", "azure-identity-token"))
	t.Setenv("AZURE_TENANT_ID", tenant)
	t.Setenv("AZURE_CLIENT_ID", deployApp)
	c, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true,
	})
	w.use(c, err)
}

func TestAzidentityManagedIdentity(t *testing.T) { // not parallel, for the same reason
	// The library caches such tokens for the life of the process, by client id.
	id := strings.ToLower("0fab0000-0000-4000-8000-" + rand.Text()[:12])
	w := startWith(t, emulator.Options{Seed: bytes.ReplaceAll(emulator.DefaultSeed(), []byte(deployApp), []byte(id))})
	for name, value := range variables(w.ManagedIdentityEnv()) {
		t.Setenv(name, value)
	}
	c, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: w.azureOptions(), ID: azidentity.ClientID(id),
	})
	w.use(c, err)
}

func TestAzidentityDeviceCode(t *testing.T) {
	t.Parallel()
	w := start(t)
	c, err := azidentity.NewDeviceCodeCredential(&azidentity.DeviceCodeCredentialOptions{
		ClientOptions: w.azureOptions(), DisableInstanceDiscovery: true, TenantID: tenant, ClientID: loginApp,
		UserPrompt: func(_ context.Context, m azidentity.DeviceCodeMessage) error {
			return w.ApproveDevice(m.UserCode, jamal, false)
		},
	})
	token := w.token(c, err) // only for PATs, as the application requested
	r := got[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, w.organization()+"/_apis/tokens/pats?api-version=7.1-preview.1", http.NoBody))
	r.Header.Set("Authorization", "Bearer "+token)
	resp := got[*http.Response](t)(w.httpClient().Do(r))
	defer resp.Body.Close()
	same(t, "status", resp.StatusCode, http.StatusOK)
}

// variables parses lines of the form NAME=value.
func variables(pairs []string) map[string]string {
	env := map[string]string{}
	for _, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	return env
}
