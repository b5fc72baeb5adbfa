package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

func (c *Credential) enter(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return asking("wait for the credential", transport.Ended(ctx))
	}
}

func (c *Credential) leave() { <-c.turn }

func (c *Credential) fresh(now time.Time) bool {
	return c.token.Value != "" && (c.renewal.IsZero() || now.Before(c.renewal))
}

func (c *Credential) fetch(ctx context.Context) (Token, error) {
	got, err := c.source.fetch(ctx, c.wire)
	if err == nil {
		err = c.keep(got)
	}
	c.logIdentity() // also after a failure: the user must know which identity was used
	if err != nil {
		c.refused = lasting(err)
		return Token{}, err
	}
	return c.token, nil
}

// keep hides the secrets in a response before it examines them.
func (c *Credential) keep(got grant) error {
	c.wire.Hide(got.Value)
	c.rotate(got.refresh)
	switch {
	case got.Value == "":
		return fault.New(fault.BadResponse, "%s returned an empty token", c.Way)
	case !isToken(got.Value):
		return fault.New(fault.BadResponse, "%s returned something that is not a token", c.Way)
	}
	claims, _ := readClaims(got.Value)
	if got.Expires.IsZero() { // a response may omit it: RFC 6749, 5.1
		got.Expires = claims.expires
	}
	if c.userOnly && claims.app() {
		refusal := appOnly(c.Way)
		refusal.Exit = 1 // a request was already sent
		return refusal
	}
	c.token, c.renewal, c.logged = got.Token, renewAt(got.Token, time.Now()), false
	return nil
}

// rotate stores a new refresh token. If it cannot be a token, it is dropped, and the
// access token that came with it is kept.
func (c *Credential) rotate(token string) {
	if token == "" {
		return
	}
	c.wire.Hide(token)
	if !isToken(token) {
		c.wire.Log("the new refresh token that Entra returned cannot be used, so azstep does not output it; the one that you passed in works until it expires")
		return
	}
	c.rotated = token
}

// isToken reports whether text can be a token: visible ASCII (RFC 6749, appendix A;
// no header could contain anything else). No other text is passed on.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// logIdentity logs the one line that says whose token is used, and why.
func (c *Credential) logIdentity() {
	if c.logged {
		return
	}
	c.logged = true
	line := "authenticating with " + c.Why
	if claims, ok := readClaims(c.token.Value); ok {
		if strings.Contains(line, claims.tenant) { // mention it only once
			claims.tenant = ""
		}
		line += "; " + claims.describe(time.Now())
	}
	c.wire.Log("%s", line)
}

// renewAt returns when a token should be renewed: two minutes before it expires, and
// never in the first nine tenths of its lifetime. A command run by exec may run
// longer than the token that is needed to revoke what was minted for it.
func renewAt(t Token, now time.Time) time.Time {
	if t.Expires.IsZero() {
		return time.Time{}
	}
	return t.Expires.Add(-min(2*time.Minute, t.Expires.Sub(now)/10))
}

// lasting returns err if a retry would have the same result: concurrent requests
// must not all repeat a sign-in that Entra has rejected.
func lasting(err error) error {
	var f *fault.Error
	if errors.As(err, &f) {
		switch f.Code {
		case fault.CredentialRejected, fault.PermissionDenied, fault.RequestRefused,
			fault.AppOnlyCredential, fault.MissingCredential, fault.ResourceNotFound:
			return err
		}
	}
	return nil
}
