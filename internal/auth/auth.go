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

// Wire is what a Credential needs to fetch a token. Transport and Hide must be set.
type Wire struct {
	Transport *transport.Transport
	Hide      func(secret string)              // called with every secret that arrives, before anything else
	Log       func(format string, args ...any) // one line for the log; nil is silence
	Warn      func(text string)                // one warning; nil is silence
	Debug     func(format string, args ...any) // one line for whoever asked for them; nil is silence
}

// Token is a credential's value and the end of its life. A zero Expires means
// that it is not known.
type Token struct {
	Value   string
	Expires time.Time
}

// Format writes *** whatever the verb.
func (Token) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }

// Credential is what a run calls the services with. It is safe for concurrent
// use once Connect has returned.
type Credential struct {
	Way      string   // the value of the input auth, or the environment variable, that names it
	Kind     Kind     // what Authorize will send
	Why      string   // which identity was taken and why; safe to print
	Warnings []string // what the user should hear before the first request

	identity   Identity
	userOnly   bool
	source     source   // nil where the credential was given as it is
	authority  *url.URL // of Entra, where that is asked; else nil
	asserter   *url.URL // of the CI host, where that is asked; else nil
	assertedBy string   // the variable that names it

	wire Wire

	turn    chan struct{} // whoever holds its one slot may read and change what follows
	token   Token
	renewal time.Time // when to fetch again; zero is never
	refused error     // a refusal that asking again will not change
	rotated string
	told    bool
}

// Format writes Why whatever the verb: no other field is for printing.
func (c *Credential) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(c.Why)) }

// source fetches one token.
type source interface {
	fetch(ctx context.Context, w Wire) (grant, error)
}

// grant is what a source got.
type grant struct {
	Token
	refresh string // a new refresh token, or ""
}

// Connect gives the credential its connections. It must be called before the
// first Authorize or Token.
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

// Authorize is the value of the Authorization header. The first call fetches
// the token where one has to be fetched; later ones repeat it until shortly
// before it expires.
func (c *Credential) Authorize(ctx context.Context) (string, error) {
	token, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	switch c.Kind {
	case PAT: // any user name will do; the empty one is customary
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+token.Value)), nil
	case SAS: // IoT Central takes it as it is
		return token.Value, nil
	}
	return "Bearer " + token.Value, nil
}

// Token is the credential's value, fetched where it has to be.
func (c *Credential) Token(ctx context.Context) (Token, error) {
	if err := c.enter(ctx); err != nil {
		return Token{}, err
	}
	defer c.leave()
	if c.refused != nil {
		return Token{}, c.refused
	}
	if c.fresh(time.Now()) {
		c.tell()
		return c.token, nil
	}
	return c.fetch(ctx)
}

// Authority is the address that will be sent a client secret, a refresh token or an
// assertion; nil is none.
func (c *Credential) Authority() *url.URL { return c.authority }

// Asserter is the CI host's address for assertions, which will be sent the job's
// token, and the variable that names it; nil is none.
func (c *Credential) Asserter() (u *url.URL, variable string) { return c.asserter, c.assertedBy }

// Expires is the end of a given credential's life, where it can be read from
// the credential. A credential that is still to be fetched has none.
func (c *Credential) Expires() (time.Time, bool) {
	if c.source != nil {
		return time.Time{}, false
	}
	return c.token.Expires, !c.token.Expires.IsZero()
}

// NewRefreshToken is the refresh token that Entra handed back in place of the
// one given, if it did. The old one goes on working until it expires.
func (c *Credential) NewRefreshToken() (string, bool) {
	c.turn <- struct{}{}
	defer c.leave()
	return c.rotated, c.rotated != ""
}

// Identity names the credential without any secret, so that a later process
// can choose the same one.
func (c *Credential) Identity() Identity { return c.identity }

// Application reports whether the token that was used last is an application's
// own, as far as it can be read.
func (c *Credential) Application() bool {
	c.turn <- struct{}{}
	defer c.leave()
	read, _ := readClaims(c.token.Value)
	return c.Kind == EntraToken && read.app()
}
