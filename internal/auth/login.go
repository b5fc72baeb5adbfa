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

// LoginOptions are what a sign-in with a device code needs.
type LoginOptions struct {
	Client        *http.Client
	AuthorityHost string // the public cloud's where empty
	TenantID      string
	ClientID      string                 // of an app registration that allows public client flows
	Prompt        func(url, code string) // tells the user where to go and what to type there
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

// Login signs a user in with the device code flow (RFC 8628) and returns the
// refresh token. It waits until the user has signed in, has declined, or the
// code has expired, which takes a quarter of an hour.
func Login(ctx context.Context, o LoginOptions) (string, error) {
	in := Inputs{TenantID: o.TenantID, ClientID: o.ClientID, AuthorityHost: o.AuthorityHost}
	if err := in.checkLogin(); err != nil {
		return "", err
	}
	f := newDeviceFlow(registration{in.authority(), o.TenantID, o.ClientID, loginScopes()[0]}, o.Client)
	device, err := f.start(ctx)
	if err != nil {
		return "", err
	}
	o.Prompt(device.VerificationURI, device.UserCode)
	return f.wait(ctx, device)
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

func newDeviceFlow(r registration, client *http.Client) *deviceFlow {
	silent := Wire{Client: client, Log: func(string, ...any) {}, MaxAttempts: loginAttempts}
	return &deviceFlow{
		registration: r,
		carry:        &courier{wire: silent, only: r.authority},
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
func (f *deviceFlow) wait(ctx context.Context, device *oauth2.DeviceAuthResponse) (string, error) {
	token, err := f.config.DeviceAccessToken(context.WithValue(ctx, oauth2.HTTPClient, f.carry.client()), device)
	switch {
	case err != nil:
		return "", f.undecided(ctx, err, device.DeviceCode)
	case token.RefreshToken == "":
		return "", fault.New(fault.BadResponse, "sign in: Entra gave no refresh token").
			With("an Entra administrator consents to offline_access for the app registration: API permissions > Microsoft Graph > offline_access")
	case !isToken(token.RefreshToken):
		return "", fault.New(fault.BadResponse, "sign in: what Entra gave cannot be a refresh token")
	}
	return token.RefreshToken, nil
}

func (f *deviceFlow) undecided(ctx context.Context, err error, code string) *fault.Error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil { // the code's own end
		return expiredCode()
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		switch refused.ErrorCode { // RFC 8628, 3.5, and what Entra says instead
		case "access_denied", "authorization_declined":
			return fault.New(fault.CredentialRejected, "sign in: it was declined").With("run `azstep login` again and accept")
		case "expired_token", "code_expired", "bad_verification_code":
			return expiredCode()
		}
	}
	return f.failed(ctx, f.carry, err, answer{secrets: []string{code}})
}

func expiredCode() *fault.Error {
	return fault.New(fault.Timeout, "sign in: nobody used the code before it expired").With("run `azstep login` again")
}

// trip is a function that sends a request.
type trip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (t trip) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }
