// Package auth decides which credential a run uses, explains the choice, and fetches
// the credential.
//
// [Choose] looks at the inputs and the environment and needs no network. It rejects
// what is certain to fail before anything is sent: a PAT where a user's Entra token
// is needed, a token that has expired or is for another service, an application
// where only a user may act. The [Credential] that it returns fetches an Entra token
// on first use, with two requests and no discovery: an assertion from the CI host,
// and a token from Entra.
//
// Each way to authenticate has a file, way_NAME.go, and a line in the table in
// way.go.
//
// The package reads the claims of tokens only to reject unsuitable ones early and
// clearly; it never trusts them. It sends through package transport, reads only the
// environment that it is given, prints nothing, and never puts a secret into an
// error.
package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"github.com/azstep/azstep/internal/transport"
)

// Wire provides what a Credential needs to fetch a token. Transport and Hide must be
// set.
type Wire struct {
	Transport *transport.Transport
	Hide      func(secret string)              // called with every secret that arrives, before it is used
	Log       func(format string, args ...any) // logs one line; may be nil
	Warn      func(text string)                // logs a warning; may be nil
	Debug     func(format string, args ...any) // logs a debug line; may be nil
}

// Token is the value of a credential and its expiry. A zero Expires means that it is
// unknown.
type Token struct {
	Value   string
	Expires time.Time
}

// Format writes *** for every verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// Credential authenticates the requests of a run. It is safe for concurrent use once
// Connect has returned.
type Credential struct {
	Way      string   // the value of the input auth, or the environment variable, that selected it
	Kind     Kind     // what Authorize sends
	Why      string   // which identity is used and why; safe to print
	Warnings []string // warnings for the user, before the first request

	identity   Identity
	userOnly   bool
	source     source   // nil if the credential was given directly
	authority  *url.URL // Entra's address, if it is asked; otherwise nil
	asserter   *url.URL // the CI host's address for assertions, if it is asked; otherwise nil
	assertedBy string   // the variable that contains asserter

	wire Wire

	turn    chan struct{} // a lock with one slot for the fields below
	token   Token
	renewal time.Time // when to fetch again; zero means never
	refused error     // a refusal that a retry will not change
	rotated string
	logged  bool
}

// Format writes Why for every verb, because no other field may be printed.
func (c *Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.Why)) }

// source fetches a token.
type source interface {
	fetch(ctx context.Context, w Wire) (grant, error)
}

// grant is the result of a source.
type grant struct {
	Token
	refresh string // a new refresh token, or ""
}

// Connect gives the credential its connections. It must be called before the first
// Authorize or Token.
func (c *Credential) Connect(w Wire) {
	if w.Log == nil {
		w.Log = func(string, ...any) {}
	}
	if w.Debug == nil {
		w.Debug = func(string, ...any) {}
	}
	if w.Warn == nil {
		w.Warn = func(string) {}
	}
	c.wire = w
}

// Authorize returns the value of the Authorization header. The first call fetches
// the token if necessary. Later calls reuse it until shortly before it expires.
func (c *Credential) Authorize(ctx context.Context) (string, error) {
	token, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	switch c.Kind {
	case PAT: // any user name is accepted; the empty one is customary
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+token.Value)), nil
	case SAS: // IoT Central accepts it unchanged
		return token.Value, nil
	}
	return "Bearer " + token.Value, nil
}

// Token returns the credential's value, and fetches it if necessary.
func (c *Credential) Token(ctx context.Context) (Token, error) {
	if err := c.enter(ctx); err != nil {
		return Token{}, err
	}
	defer c.leave()
	if c.refused != nil {
		return Token{}, c.refused
	}
	if c.fresh(time.Now()) {
		c.logIdentity()
		return c.token, nil
	}
	return c.fetch(ctx)
}

// Authority returns the address that will receive a client secret, a refresh token
// or an assertion, or nil.
func (c *Credential) Authority() *url.URL { return c.authority }

// Asserter returns the CI host's address for assertions, which will receive the
// job's token, and the variable that contains it, or nil.
func (c *Credential) Asserter() (u *url.URL, variable string) { return c.asserter, c.assertedBy }

// Expires returns the expiry of a credential that was given directly, if it can be
// read from the credential. A credential that is yet to be fetched has none.
func (c *Credential) Expires() (time.Time, bool) {
	if c.source != nil {
		return time.Time{}, false
	}
	return c.token.Expires, !c.token.Expires.IsZero()
}

// NewRefreshToken returns the refresh token that Entra returned to replace the given
// one, if any. The old one works until it expires.
func (c *Credential) NewRefreshToken() (string, bool) {
	c.turn <- struct{}{}
	defer c.leave()
	return c.rotated, c.rotated != ""
}

// Identity identifies the credential without any secret, so that a later process can
// select the same one.
func (c *Credential) Identity() Identity { return c.identity }

// Application reports whether the token that was used last belongs to an
// application, as far as it can be read.
func (c *Credential) Application() bool {
	c.turn <- struct{}{}
	defer c.leave()
	read, _ := readClaims(c.token.Value)
	return c.Kind == EntraToken && read.app()
}
