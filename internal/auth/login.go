package auth

import (
	"context"
	"errors"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"

	"golang.org/x/oauth2"
)

// The ways to sign in a user: AZSTEP_LOGIN_METHOD.
const (
	loginBrowser = "browser"
	loginDevice  = "device-code"
)

// LoginOptions configure the sign-in of a user. Transport, Hide, Log and Prompt must
// be set.
type LoginOptions struct {
	Transport     *transport.Transport
	Hide          func(secret string)
	Log           func(format string, args ...any)
	AuthorityHost string // if empty, that of the public cloud
	TenantID      string
	ClientID      string                 // an app registration that allows public client flows
	Method        string                 // browser or device-code; if empty, a browser if one can be opened
	Prompt        func(url, code string) // tells the user where to go, and which code to enter, if any
	Visit         func(url string) error // opens a browser; nil if there is none
}

// SignedIn is a user who has signed in.
type SignedIn struct {
	RefreshToken string
	Who          string // name and tenant from Entra, safe to print; "" if unknown
}

// loginScopes lists the permissions that the PAT API requires of a user's token,
// with the full names that the v2 endpoint uses, and the one that requests a refresh
// token: learn.microsoft.com, "Manage personal access tokens using REST API" and
// "Scopes and permissions in the Microsoft identity platform".
func loginScopes() []string {
	return []string{azureDevOpsApp + "/vso.pats", azureDevOpsApp + "/vso.pats_manage", "offline_access"}
}

// Login signs a user in and returns the refresh token: in the browser, or with a
// code that the user enters on another device (RFC 8628). It waits until the user
// has signed in or declined, for at most 15 minutes.
func Login(ctx context.Context, o LoginOptions) (SignedIn, error) {
	in := Inputs{TenantID: o.TenantID, ClientID: o.ClientID, AuthorityHost: o.AuthorityHost}
	if err := errors.Join(in.checkLogin(), o.checkMethod()); err != nil {
		return SignedIn{}, err
	}
	r := registration{in.authority(), o.TenantID, o.ClientID, loginScopes()[0]}
	token, err := o.sign(ctx, r)
	if err != nil {
		return SignedIn{}, err
	}
	return o.signedIn(token)
}

func (o *LoginOptions) checkMethod() error {
	switch o.Method {
	case "", loginBrowser, loginDevice:
		return nil
	}
	return fault.Input("AZSTEP_LOGIN_METHOD", "set AZSTEP_LOGIN_METHOD to "+loginBrowser+" or "+loginDevice+", or unset it",
		"AZSTEP_LOGIN_METHOD: %s is not valid", input.Quote(clean(o.Method)))
}

// sign prefers the browser, because many tenants block the device code flow.
func (o *LoginOptions) sign(ctx context.Context, r registration) (*oauth2.Token, error) {
	wire := Wire{Transport: o.Transport, Hide: o.Hide, Log: o.Log}
	if o.Method == loginDevice || o.Method == "" && o.Visit == nil {
		return o.byCode(ctx, r, wire)
	}
	flow, err := newBrowserFlow(ctx, r, wire)
	if err != nil {
		return nil, err
	}
	o.Prompt(flow.page(), "")
	token, err := flow.wait(ctx, o.visiting(flow.page()))
	var unopened *noBrowser
	if !errors.As(err, &unopened) {
		return token, err
	}
	o.Log("%v: signing in with a device code instead", unopened)
	return o.byCode(ctx, r, wire)
}

// visiting opens the browser and sends the error if it does not open. If the user
// asked for the browser, they may still open the address themselves.
func (o *LoginOptions) visiting(page string) <-chan error {
	failed := make(chan error, 1)
	if o.Visit == nil {
		return failed
	}
	go func() {
		err := o.Visit(page)
		switch {
		case err != nil && o.Method == "":
			failed <- &noBrowser{err}
		case err != nil:
			o.Log("the browser did not open: %v", err)
		}
	}()
	return failed
}

// noBrowser says why no browser opened.
type noBrowser struct{ err error }

func (e *noBrowser) Error() string { return "no browser can be opened (" + clean(e.err.Error()) + ")" }

func (o *LoginOptions) byCode(ctx context.Context, r registration, wire Wire) (*oauth2.Token, error) {
	f := newDeviceFlow(r, wire)
	device, err := f.start(ctx)
	if err != nil {
		return nil, err
	}
	o.Prompt(device.VerificationURI, device.UserCode)
	return f.wait(ctx, device)
}

// signedIn evaluates the tokens. The access token is only read for the user's name
// and then dropped.
func (o *LoginOptions) signedIn(token *oauth2.Token) (SignedIn, error) {
	o.Hide(token.AccessToken)
	o.Hide(token.RefreshToken)
	switch {
	case token.RefreshToken == "":
		return SignedIn{}, fault.New(fault.BadResponse, "sign in: Entra returned no refresh token").
			With("an Entra administrator must consent to offline_access for the app registration: API permissions > Microsoft Graph > offline_access")
	case !isToken(token.RefreshToken):
		return SignedIn{}, fault.New(fault.BadResponse, "sign in: Entra returned something that is not a refresh token")
	}
	read, _ := readClaims(token.AccessToken)
	if id, _ := token.Extra(idToken).(string); read.whose() == "" && id != "" {
		o.Hide(id)
		read, _ = readClaims(id)
	}
	who := read.whose()
	if who != "" && read.tenant != "" {
		who += " of tenant " + clean(read.tenant)
	}
	return SignedIn{token.RefreshToken, who}, nil
}

// idToken is the member of a response that names the user: OpenID Connect Core 1.0,
// 3.1.3.3. It is returned if openid was requested, and sometimes without.
const idToken = "id_token"

func (in *Inputs) checkLogin() error {
	problems := in.Validate()
	if in.TenantID == "" {
		problems = append(problems, input.Missing("tenant-id"))
	}
	if in.ClientID == "" {
		problems = append(problems, input.Missing("client-id"))
	}
	return errors.Join(problems...)
}
