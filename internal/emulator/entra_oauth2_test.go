package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"golang.org/x/oauth2"
)

// TestOAuth2DeviceCodeAndRefresh: a library that talks to the real service has to
// be content with the fake one. Others are in test/clients.
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
