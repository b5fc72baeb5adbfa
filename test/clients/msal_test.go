package clients

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
)

const (
	deployApp = "0fab0000-0000-4000-8000-0000000000a1"
	loginApp  = "0fab0000-0000-4000-8000-0000000000a3"
	devops    = "499b84ac-1321-427f-aa17-267ca6975798"
)

func (w *world) httpClient() *http.Client {
	transport := &http.Transport{TLSClientConfig: w.tls(), ForceAttemptHTTP2: true}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// bearer lists the projects with an Entra token.
func (w *world) bearer(token string) error {
	c, err := core.NewClient(w.t.Context(), w.trusting(&azuredevops.Connection{
		BaseUrl: w.organization(), AuthorizationString: "Bearer " + token, SuppressFedAuthRedirect: true,
	}))
	if err != nil {
		return err
	}
	_, err = c.GetProjects(w.t.Context(), core.GetProjectsArgs{})
	return err
}

func (w *world) application(t *testing.T, secret string) confidential.Client {
	t.Helper()
	proof := got[confidential.Credential](t)(confidential.NewCredFromSecret(secret))
	return got[confidential.Client](t)(confidential.New(w.URL()+"/"+tenant, deployApp, proof,
		confidential.WithHTTPClient(w.httpClient()), confidential.WithInstanceDiscovery(false)))
}

func TestMSALClientSecret(t *testing.T) {
	t.Parallel()
	w := start(t)
	app := w.application(t, "FAKE-CLIENT-SECRET-0001")
	token := got[confidential.AuthResult](t)(app.AcquireTokenByCredential(t.Context(), []string{devops + "/.default"}))
	if err := w.bearer(token.AccessToken); err != nil {
		t.Error(err)
	}
	again := got[confidential.AuthResult](t)(app.AcquireTokenByCredential(t.Context(), []string{devops + "/.default"}))
	if again.Metadata.TokenSource != confidential.TokenSourceCache {
		t.Error("the token was not cached")
	}
	wrong := w.application(t, "FAKE-WRONG")
	if _, err := wrong.AcquireTokenByCredential(t.Context(), []string{devops + "/.default"}); err == nil || !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestMSALDeviceCode(t *testing.T) {
	t.Parallel()
	w := start(t)
	app := got[public.Client](t)(public.New(loginApp, public.WithAuthority(w.URL()+"/"+tenant),
		public.WithHTTPClient(w.httpClient()), public.WithInstanceDiscovery(false)))
	scopes := []string{devops + "/vso.pats", devops + "/vso.pats_manage"}
	code := got[public.DeviceCode](t)(app.AcquireTokenByDeviceCode(t.Context(), scopes))
	if err := w.ApproveDevice(code.Result.UserCode, jamal, false); err != nil {
		t.Fatal(err)
	}
	token := got[public.AuthResult](t)(code.AuthenticationResult(t.Context()))
	same(t, "user", token.Account.PreferredUsername, jamal)

	// The refresh token that came with it gets another token.
	accounts := got[[]public.Account](t)(app.Accounts(context.Background()))
	silent := got[public.AuthResult](t)(app.AcquireTokenSilent(t.Context(), scopes, public.WithSilentAccount(accounts[0]), public.WithClaims(`{"access_token":{"nbf":null}}`)))
	if silent.AccessToken == token.AccessToken {
		t.Error("the token was not refreshed")
	}
}
