package auth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"

	"golang.org/x/oauth2"
)

// deviceFlow is a single sign-in.
type deviceFlow struct {
	registration
	wire   Wire
	config oauth2.Config
}

func newDeviceFlow(r registration, wire Wire) *deviceFlow {
	return &deviceFlow{registration: r, wire: wire, config: oauth2.Config{ClientID: r.client, Scopes: loginScopes(), Endpoint: oauth2.Endpoint{
		DeviceAuthURL: r.endpoint("devicecode").String(), TokenURL: r.tokenURL().String(), AuthStyle: oauth2.AuthStyleInParams,
	}}}
}

// start asks for a code.
func (f *deviceFlow) start(ctx context.Context) (*oauth2.DeviceAuthResponse, error) {
	form := url.Values{"client_id": {f.client}, "scope": {strings.Join(loginScopes(), " ")}}
	call := transport.Call{Method: http.MethodPost, URL: f.endpoint("devicecode"), Form: form, Refused: f.refusing(claims{})}
	device := new(oauth2.DeviceAuthResponse)
	if _, err := transport.NewCaller(f.wire.Transport, nil).Do(ctx, call, device); err != nil {
		return nil, f.failed(err)
	}
	page, err := url.Parse(device.VerificationURI)
	if err != nil || page.Scheme != "https" || device.UserCode == "" || device.DeviceCode == "" {
		return nil, fault.New(fault.BadResponse, "start the sign-in: the response has no code, or no https address to enter it at")
	}
	device.VerificationURI, device.UserCode = clean(device.VerificationURI), clean(device.UserCode)
	return device, nil
}

// The interval between two polls if Entra does not give one: RFC 8628, 3.2.
const (
	defaultInterval = 5 // seconds
	slowDownBy      = 5 // seconds: RFC 8628, 3.5
	maxFailedPolls  = 4 // in sequence
	maxPoll         = 1 << 20
)

// wait polls until the user has decided. x/oauth2 waits for the interval before each
// poll; a failed poll is no reason to poll earlier, or to give up immediately.
func (f *deviceFlow) wait(ctx context.Context, device *oauth2.DeviceAuthResponse) (*oauth2.Token, error) {
	f.wire.Hide(device.DeviceCode)
	if device.Interval == 0 {
		device.Interval = defaultInterval
	}
	p := &polls{to: f.wire.Transport, device: device}
	client := &http.Client{Transport: p, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for {
		token, err := f.config.DeviceAccessToken(context.WithValue(ctx, oauth2.HTTPClient, client), device)
		if err == nil {
			return token, nil
		}
		refused := f.undecided(ctx, err, device.DeviceCode)
		if p.failed == 0 || p.failed == maxFailedPolls || ctx.Err() != nil || refused.Code == fault.Timeout {
			return nil, refused
		}
		device.Interval = max(device.Interval, int64((refused.RetryAfter+time.Second-1)/time.Second))
		f.wire.Log("waiting %ds before asking again whether you have signed in: %s", device.Interval, refused.Code)
	}
}

// polls sends the polls and counts those that failed in sequence. It also records
// the interval, which x/oauth2 does not expose, for the polls after a failed one.
type polls struct {
	to     http.RoundTripper
	device *oauth2.DeviceAuthResponse
	failed int
}

// RoundTrip implements http.RoundTripper.
func (p *polls) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := p.to.RoundTrip(req)
	if err != nil || transport.AnswerOf(resp, nil).IsBusy() {
		p.failed++
		return resp, err
	}
	p.failed = 0
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPoll))
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(text))
	if bytes.Contains(text, []byte(`"slow_down"`)) {
		p.device.Interval += slowDownBy
	}
	return resp, err
}

// undecided interprets an error of x/oauth2. It does not use its text, which quotes
// whole responses.
func (f *deviceFlow) undecided(ctx context.Context, err error, code string) *fault.Error {
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return f.refused(transport.AnswerOf(refused.Response, refused.Body, code), refused.ErrorCode)
	case ctx.Err() != nil:
		return f.failed(transport.Ended(ctx))
	case errors.Is(err, context.DeadlineExceeded): // the code has expired
		return expiredCode()
	case !isOurs(err): // x/oauth2 could not parse the response
		return f.failed(fault.New(fault.BadResponse, "a response without a token").With(notEntra))
	}
	return f.failed(bare(err))
}

func (f *deviceFlow) refused(a transport.Answer, name string) *fault.Error {
	switch name { // RFC 8628, 3.5, and Entra's own codes
	case "access_denied", "authorization_declined":
		return declined()
	case "expired_token", "code_expired", "bad_verification_code":
		return expiredCode()
	}
	failed := f.failed(f.refusing(claims{})(a))
	failed.Status = a.Status
	if a.IsBusy() {
		failed.RetryAfter = a.RetryAfter()
	}
	if failed.Code == fault.PermissionDenied { // usually a policy against this flow
		failed.Hints = append([]string{useBrowser}, failed.Hints...)
	}
	return failed
}

// useBrowser suggests the other method, which conditional access may allow.
const useBrowser = "the tenant may block the device code flow: sign in with the browser (AZSTEP_LOGIN_METHOD=browser), on a machine that has one"

func expiredCode() *fault.Error {
	return fault.New(fault.Timeout, "sign in: the code expired before it was used").
		With(loginAgain, "if the page said that access is blocked: "+useBrowser)
}

// isOurs reports whether package transport explains the error.
func isOurs(err error) bool {
	var known *fault.Error
	return errors.As(err, &known)
}

// bare removes the wrapper of net/http, which repeats method and address.
func bare(err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	return err
}
