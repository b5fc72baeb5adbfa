package auth

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"

	"golang.org/x/oauth2"
)

// signInTime is how long a user may take on Entra's page: as long as a device code
// is valid.
const signInTime = 15 * time.Minute

const (
	useDeviceCode = "or set AZSTEP_LOGIN_METHOD=device-code to sign in with a code on another device"
	loginAgain    = "run `azstep login` again"
)

// browserFlow is one sign-in with the authorization code flow and PKCE: RFC 6749,
// 4.1, RFC 7636 and RFC 8252.
type browserFlow struct {
	registration
	wire     Wire
	config   oauth2.Config
	verifier string
	back     *callback
}

func newBrowserFlow(ctx context.Context, r registration, wire Wire) (*browserFlow, error) {
	back, err := listen(ctx, rand.Text())
	if err != nil {
		return nil, err
	}
	return &browserFlow{
		registration: r, wire: wire, verifier: oauth2.GenerateVerifier(), back: back,
		config: oauth2.Config{ClientID: r.client, Scopes: loginScopes(), RedirectURL: back.address(), Endpoint: oauth2.Endpoint{
			AuthURL: r.endpoint("authorize").String(),
		}},
	}, nil
}

// page returns the address for the sign-in. It asks for the account, because the one
// that is signed in in the browser is seldom the one to use for CI.
func (f *browserFlow) page() string {
	return f.config.AuthCodeURL(f.back.state, oauth2.S256ChallengeOption(f.verifier), oauth2.SetAuthURLParam("prompt", "select_account"))
}

// wait gets the token once the browser has returned, and tells the user.
func (f *browserFlow) wait(ctx context.Context, unopened <-chan error) (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, signInTime, unfinished())
	defer cancel()
	var token *oauth2.Token
	var err error
	select {
	case answer := <-f.back.arrived:
		token, err = f.redeem(ctx, answer)
	case err = <-unopened:
	case <-ctx.Done():
		err = asking("sign in", transport.Ended(ctx))
	}
	if err != nil {
		f.back.conclude("The sign-in failed. The terminal shows why. You can close this page.")
		return nil, err
	}
	f.back.conclude("You are signed in. You can close this page.")
	return token, nil
}

func unfinished() *fault.Error {
	return fault.New(fault.Timeout, "the sign-in in the browser was not completed within %s", input.Duration(signInTime)).
		With(loginAgain, "if the page showed an AADSTS number, see https://login.microsoftonline.com/error?code=NUMBER", useDeviceCode)
}

func (f *browserFlow) redeem(ctx context.Context, answer url.Values) (*oauth2.Token, error) {
	code := answer.Get("code")
	if code == "" {
		return nil, f.declined(answer)
	}
	f.wire.Hide(code)
	form := url.Values{
		"grant_type": {"authorization_code"}, "client_id": {f.client}, "scope": {strings.Join(loginScopes(), " ")},
		"code": {code}, "redirect_uri": {f.config.RedirectURL}, "code_verifier": {f.verifier},
	}
	got, err := f.ask(ctx, f.wire, form, claims{}, code, f.verifier)
	if err != nil {
		return nil, err
	}
	token := &oauth2.Token{AccessToken: got.Access, RefreshToken: got.Refresh}
	return token.WithExtra(map[string]any{idToken: got.ID}), nil
}

// declined explains what Entra returned instead of a code.
func (f *browserFlow) declined(said url.Values) *fault.Error {
	if said.Get("error") == "access_denied" {
		return declined()
	}
	e := entraError{Error: said.Get("error"), Description: said.Get("error_description")}
	return asking("sign in", f.explain(e, claims{}, transport.Answer{}))
}

func declined() *fault.Error {
	return fault.New(fault.CredentialRejected, "sign in: the request was declined").With(loginAgain + " and accept")
}
