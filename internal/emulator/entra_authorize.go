package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// codeLife is how long an authorization code is valid: about ten minutes
// (learn.microsoft.com, v2-oauth2-auth-code-flow).
const codeLife = 10 * time.Minute

// authorizationCode is a browser sign-in between the page and the token.
type authorizationCode struct {
	code, redirect, challenge, scope string

	tenant   *tenant
	app      *application
	user     *user
	redeemed bool
	expires  time.Time
}

// signInRequest is what a client sends to the page.
type signInRequest struct {
	form url.Values
	app  *application
}

// authorizePage is the page where a person signs in. It shows errors of the client
// or its address instead of redirecting, because the address may be an attacker's.
func authorizePage(c *call) reply {
	a, problem := c.signInRequest(c.query)
	if problem != nil {
		return c.errorPage(*problem)
	}
	if problem := c.refusesRequest(a); problem != nil {
		return a.redirect(url.Values{"error": {problem.oauth}, "error_description": {problem.said()}})
	}
	return htmlReply(http.StatusOK, c.signInPage(a))
}

// decide handles the buttons of the page.
func decide(c *call) reply {
	a, problem := c.signInRequest(c.form)
	if problem != nil {
		return c.errorPage(*problem)
	}
	if c.form.Get("decision") != "accept" {
		return a.redirect(url.Values{"error": {"access_denied"}, "error_subcode": {"cancel"}, "error_description": {declinedDeviceCode().said()}})
	}
	if p := c.tenant.Policy; p.ConditionalAccess { // no redirect: the error is shown on the page
		return c.errorPage(blockedByConditionalAccess())
	}
	_, who := c.user(c.form.Get("user"))
	code := &authorizationCode{
		code: "FAKE-CODE." + rand.Text(), redirect: c.form.Get("redirect_uri"), challenge: c.form.Get("code_challenge"),
		scope: c.form.Get("scope"), tenant: c.tenant, app: a.app, user: who, expires: c.now.Add(codeLife),
	}
	c.codes = slices.DeleteFunc(c.codes, func(old *authorizationCode) bool { return !c.now.Before(old.expires) })
	c.codes = append(c.codes, code)
	return a.redirect(url.Values{"code": {code.code}, "session_state": {newGUID()}})
}

// signInRequest returns the client and its address.
func (c *call) signInRequest(form url.Values) (signInRequest, *aadsts) {
	c.form = form
	app, problem := c.findClient()
	switch {
	case problem != nil:
		return signInRequest{}, problem
	case !app.mayRedirect(form.Get("redirect_uri")):
		return signInRequest{}, ref(wrongRedirect(form.Get("redirect_uri"), app.ID))
	}
	return signInRequest{form, app}, nil
}

// mayRedirect compares an address with the registered ones. On localhost, any port
// is allowed (RFC 8252, 7.3; learn.microsoft.com, reply-url).
func (a *application) mayRedirect(address string) bool {
	asked, err := url.Parse(address)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.Redirects, func(registered string) bool {
		known, err := url.Parse(registered)
		if err != nil || known.Scheme != asked.Scheme || strings.Trim(known.Path, "/") != strings.Trim(asked.Path, "/") {
			return false
		}
		if known.Hostname() == "localhost" {
			return asked.Hostname() == "localhost"
		}
		return known.Host == asked.Host
	})
}

// refusesRequest returns the error that Entra sends to the client instead of the
// person.
func (c *call) refusesRequest(a signInRequest) *aadsts {
	switch method := a.form.Get("code_challenge_method"); {
	case a.form.Get("response_type") != "code":
		return ref(aadsts{code: 700054, oauth: "unsupported_response_type", text: "response_type 'id_token' is not enabled for the application."})
	case a.form.Get("code_challenge") != "" && method != "S256":
		return ref(aadsts{code: 501491, oauth: "invalid_request", text: "Invalid size of Code_Challenge parameter."})
	}
	_, _, problem := requestedScopes(c.tenant, a.form.Get("scope"))
	return problem
}

// redirect sends the browser back to the client.
func (a signInRequest) redirect(answer url.Values) reply {
	if state := a.form.Get("state"); state != "" {
		answer.Set("state", state)
	}
	back := a.form.Get("redirect_uri")
	if !strings.Contains(strings.TrimPrefix(back, "http://"), "/") {
		back += "/"
	}
	return newReply(http.StatusFound, "", nil).with("Location", back+"?"+answer.Encode())
}

// signInPage has a button for every user and one to cancel.
func (c *call) signInPage(a signInRequest) string {
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in</title></head>\n<body><h1>Fake sign-in</h1>\n")
	fmt.Fprintf(&b, "<p>%s asks to act as you.</p>\n<form method=\"post\" action=\"/%s/oauth2/v2.0/authorize\">\n", html.EscapeString(a.app.Name), c.tenant.ID)
	for _, name := range []string{"client_id", "redirect_uri", "scope", "state", "response_type", "code_challenge", "code_challenge_method"} {
		fmt.Fprintf(&b, "<input type=\"hidden\" name=\"%s\" value=\"%s\">\n", name, html.EscapeString(a.form.Get(name)))
	}
	b.WriteString("<label>User <select name=\"user\">\n")
	for _, u := range c.tenant.Users {
		fmt.Fprintf(&b, "<option value=\"%s\">%s</option>\n", html.EscapeString(u.ID), html.EscapeString(u.Name))
	}
	b.WriteString("</select></label>\n<button name=\"decision\" value=\"accept\">Sign in</button> <button name=\"decision\" value=\"cancel\">Cancel</button>\n</form></body></html>\n")
	return b.String()
}

func (c *call) errorPage(e aadsts) reply {
	return htmlReply(http.StatusBadRequest, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in</title></head>\n"+
		"<body><h1>Sorry, but we're having trouble signing you in.</h1>\n<p>"+html.EscapeString(e.said())+"</p></body></html>\n")
}

// said is the error as the page shows it.
func (e aadsts) said() string { return fmt.Sprintf("AADSTS%d: %s", e.code, e.text) }

// codeGrant redeems a code, which works once.
func (c *call) codeGrant(app *application) reply {
	i := slices.IndexFunc(c.codes, func(a *authorizationCode) bool { return a.code == c.form.Get("code") && a.app == app })
	if i < 0 {
		return c.aadsts(badRefreshToken())
	}
	a := c.codes[i]
	switch {
	case a.redeemed:
		return c.aadsts(redeemedCode())
	case !c.now.Before(a.expires):
		return c.aadsts(expiredCode())
	case a.redirect != c.form.Get("redirect_uri"):
		return c.aadsts(otherRedirect(c.form.Get("redirect_uri")))
	case !a.provenBy(c.form.Get("code_verifier")):
		return c.aadsts(wrongVerifier())
	}
	a.redeemed = true
	return c.userToken(app, a.user, a.scope)
}

// provenBy compares the verifier with the challenge (RFC 7636, 4.6).
func (a *authorizationCode) provenBy(verifier string) bool {
	if a.challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(encodeSegment(sum[:])), []byte(a.challenge)) == 1
}
