package auth

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"

	"golang.org/x/oauth2"
)

// The ways to sign a user in: AZSTEP_LOGIN_METHOD.
const (
	loginBrowser = "browser"
	loginDevice  = "device-code"
)

// LoginOptions are what a sign-in of a user needs. Client, Hide, Log and Prompt
// must be set.
type LoginOptions struct {
	Client        *http.Client
	Hide          func(secret string)
	Log           func(format string, args ...any)
	AuthorityHost string // the public cloud's where empty
	TenantID      string
	ClientID      string                 // of an app registration that allows public client flows
	Method        string                 // browser or device-code; where empty, a browser if one can be opened
	Prompt        func(url, code string) // tells the user where to go, and what to type there, if anything
	Visit         func(url string) error // opens a browser; nil where there is none
}

// SignedIn is a user who has signed in.
type SignedIn struct {
	RefreshToken string
	Who          string // name and tenant as Entra has them, safe to print; "" where it did not say
}

// loginAttempts is how often a request of a sign-in is tried.
const loginAttempts = 4

// loginScopes are the permissions that the PAT API wants of a user's token, by
// the full names that the v2 endpoint knows them by, and the one that brings a
// refresh token: learn.microsoft.com, "Manage personal access tokens using REST
// API" and "Scopes and permissions in the Microsoft identity platform".
func loginScopes() []string {
	return []string{azureDevOpsApp + "/vso.pats", azureDevOpsApp + "/vso.pats_manage", "offline_access"}
}

// Login signs a user in and returns the refresh token: in the browser, or with a
// code that is typed on another device (RFC 8628). It waits until the user has
// signed in, has declined, or has taken a quarter of an hour.
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

// sign prefers the browser: the device code flow is blocked in many tenants.
func (o *LoginOptions) sign(ctx context.Context, r registration) (*oauth2.Token, error) {
	wire := Wire{Client: o.Client, Hide: o.Hide, Log: o.Log, MaxAttempts: loginAttempts}
	if o.Method == loginDevice || o.Method == "" && o.Visit == nil {
		return o.byCode(ctx, r, wire)
	}
	flow, err := newBrowserFlow(r, wire)
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

// visiting opens the browser and sends the error of one that does not open. Where
// the browser was asked for, the user may still open the address by hand.
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
			o.Log("the browser did not open by itself: %v", err)
		}
	}()
	return failed
}

// noBrowser is why no browser opened.
type noBrowser struct{ err error }

func (e *noBrowser) Error() string { return "no browser opens here (" + clean(e.err.Error()) + ")" }

func (o *LoginOptions) byCode(ctx context.Context, r registration, wire Wire) (*oauth2.Token, error) {
	f := newDeviceFlow(r, wire)
	device, err := f.start(ctx)
	if err != nil {
		return nil, err
	}
	o.Prompt(device.VerificationURI, device.UserCode)
	return f.wait(ctx, device)
}

// signedIn takes the tokens apart. The access token is read for the user's name
// and forgotten.
func (o *LoginOptions) signedIn(token *oauth2.Token) (SignedIn, error) {
	o.Hide(token.AccessToken)
	o.Hide(token.RefreshToken)
	switch {
	case token.RefreshToken == "":
		return SignedIn{}, fault.New(fault.BadResponse, "sign in: Entra gave no refresh token").
			With("an Entra administrator consents to offline_access for the app registration: API permissions > Microsoft Graph > offline_access")
	case !isToken(token.RefreshToken):
		return SignedIn{}, fault.New(fault.BadResponse, "sign in: what Entra gave cannot be a refresh token")
	}
	read, _ := readClaims(token.AccessToken)
	who := read.whose()
	if who != "" && read.tenant != "" {
		who += " of tenant " + clean(read.tenant)
	}
	return SignedIn{token.RefreshToken, who}, nil
}

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

// deviceFlow is one sign-in.
type deviceFlow struct {
	registration
	carry  *courier
	config oauth2.Config
}

func newDeviceFlow(r registration, wire Wire) *deviceFlow {
	return &deviceFlow{
		registration: r,
		carry:        &courier{wire: wire, only: r.authority},
		config: oauth2.Config{ClientID: r.client, Scopes: loginScopes(), Endpoint: oauth2.Endpoint{
			DeviceAuthURL: r.authority + "/" + r.tenant + "/oauth2/v2.0/devicecode",
			TokenURL:      r.tokenURL(),
			AuthStyle:     oauth2.AuthStyleInParams,
		}},
	}
}

// start asks for a code.
func (f *deviceFlow) start(ctx context.Context) (*oauth2.DeviceAuthResponse, error) {
	// x/oauth2 sends this one request without a context.
	client := &http.Client{CheckRedirect: stay, Transport: trip(func(req *http.Request) (*http.Response, error) {
		return f.carry.RoundTrip(req.WithContext(ctx))
	})}
	device, err := f.config.DeviceAuth(context.WithValue(ctx, oauth2.HTTPClient, client))
	if err != nil {
		return nil, f.failed(ctx, f.carry, err, answer{})
	}
	page, err := url.Parse(device.VerificationURI)
	if err != nil || page.Scheme != "https" || device.UserCode == "" || device.DeviceCode == "" {
		return nil, fault.New(fault.BadResponse, "begin the sign-in: the answer has no code, or no https address to type it at")
	}
	device.VerificationURI, device.UserCode = clean(device.VerificationURI), clean(device.UserCode)
	return device, nil
}

// wait asks again and again until the user has decided.
func (f *deviceFlow) wait(ctx context.Context, device *oauth2.DeviceAuthResponse) (*oauth2.Token, error) {
	f.carry.wire.Hide(device.DeviceCode)
	token, err := f.config.DeviceAccessToken(context.WithValue(ctx, oauth2.HTTPClient, f.carry.client()), device)
	if err != nil {
		return nil, f.undecided(ctx, err, device.DeviceCode)
	}
	return token, nil
}

func (f *deviceFlow) undecided(ctx context.Context, err error, code string) *fault.Error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // the code's own end
		return expiredCode()
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		switch refused.ErrorCode { // RFC 8628, 3.5, and what Entra says instead
		case "access_denied", "authorization_declined":
			return declined()
		case "expired_token", "code_expired", "bad_verification_code":
			return expiredCode()
		}
	}
	failed := f.failed(ctx, f.carry, err, answer{secrets: []string{code}})
	if failed.Code == fault.PermissionDenied { // mostly a policy against this very flow
		failed.Hints = append([]string{useBrowser}, failed.Hints...)
	}
	return failed
}

// useBrowser is the other way, where conditional access allows it.
const useBrowser = "the tenant may block the device code flow: sign in in the browser, with AZSTEP_LOGIN_METHOD=browser on a machine that has one"

func expiredCode() *fault.Error {
	return fault.New(fault.Timeout, "sign in: nobody used the code before it expired").
		With(loginAgain, "if the page said that access is blocked: "+useBrowser)
}

// trip is a function that sends a request.
type trip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (t trip) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }
