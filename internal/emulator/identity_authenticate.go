package emulator

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// doubt is why Azure DevOps does not accept a credential.
type doubt int

const (
	believed      doubt = iota
	noCredential        // no Authorization header
	unreadable          // a header that cannot be decoded
	notRecognized       // invalid, expired, for another audience, revoked
	patExpired          // a PAT of ours that has expired
)

// jobTokenIssuer is the iss of SYSTEM_ACCESSTOKEN (without a scheme), as in decoded
// tokens in public issues.
const jobTokenIssuer = "app.vstoken.visualstudio.com"

// authenticate returns who calls Azure DevOps.
func (c *call) authenticate() (identity, doubt) {
	p := credentialOf(c.request)
	switch {
	case p.scheme == "":
		return identity{kinds: byNobody}, noCredential
	case p.broken || p.token == "":
		return identity{kinds: byNobody}, unreadable
	case p.stated != nil:
		return c.byJWT(p)
	case p.scheme == "basic":
		return c.byPATText(p.token)
	}
	return identity{kinds: byNobody}, notRecognized
}

func (c *call) byJWT(p presented) (identity, doubt) {
	if job, ok := p.signedBy(c.server.keys.job); ok && job.text("aud") == jobTokenAudience(c.org) {
		return c.byClaims(job, identity{kinds: byJob, id: job.text("nameid"), name: job.text("name")})
	}
	entra, ok := p.signedBy(c.server.keys.entra)
	if !ok || !entra.isFor(AzureDevOps) || c.product.server {
		return identity{kinds: byNobody}, notRecognized
	}
	return c.byClaims(entra, entraIdentity(entra))
}

func (c *call) byClaims(from claims, who identity) (identity, doubt) {
	if expired(from, c.now) {
		return identity{kinds: byNobody}, notRecognized
	}
	who.claims = from
	return who, believed
}

// entraIdentity returns the identity in an Entra token whose signature has been
// verified.
func entraIdentity(from claims) identity {
	who := identity{kinds: byUser, id: from.text("oid"), name: from.text("unique_name"), tenant: from.text("tid")}
	if isAppOnly(from) {
		who.kinds, who.name = byApp, from.text("appid")
		return who
	}
	who.scopes = fields(from.text("scp"))
	return who
}

func (c *call) byPATText(text string) (identity, doubt) {
	p := c.patsByText[text]
	if p == nil || p.revoked || !p.servesOrganization(c.org) {
		return identity{kinds: byNobody}, notRecognized
	}
	if !c.now.Before(p.validTo) {
		return identity{kinds: byNobody}, patExpired
	}
	return identity{kinds: byPAT, id: p.owner, name: c.nameOf(p.owner), scopes: fields(p.scope), pat: p}, believed
}

// expired reports whether a JWT is not valid at this time. It ends exactly on time,
// because the tolerance of the real services, some minutes, would slow down tests.
func expired(c claims, now time.Time) bool {
	return now.Before(c.instant("nbf").Add(-clockLeeway)) || !now.Before(c.instant("exp"))
}

// clockLeeway makes a token valid in the second in which it is created.
const clockLeeway = 5 * time.Second

// presented is the credential of a request before it is verified.
type presented struct {
	scheme string // "", "bearer", "basic", "sas" or what was sent
	token  string
	broken bool   // a header that cannot be read
	stated claims // the unverified claims of a JWT, or nil
}

type presentedKey struct{}

// present decodes the request's credential once for everything that needs it.
func present(r *http.Request) *http.Request {
	p := readCredential(r)
	p.stated, _ = readClaims(p.token)
	return r.WithContext(context.WithValue(r.Context(), presentedKey{}, p))
}

// credentialOf returns the credential of a request that went through [present].
func credentialOf(r *http.Request) presented {
	p, _ := r.Context().Value(presentedKey{}).(presented)
	return p
}

// signedBy returns the claims and whether they are signed with key.
func (p presented) signedBy(key []byte) (claims, bool) {
	return p.stated, p.stated != nil && isSigned(key, p.token)
}

func readCredential(r *http.Request) presented {
	header := r.Header.Get("Authorization")
	scheme, rest, _ := strings.Cut(header, " ")
	switch strings.ToLower(scheme) {
	case "":
		return presented{}
	case "bearer":
		return presented{scheme: "bearer", token: strings.TrimSpace(rest)}
	case "sharedaccesssignature":
		return presented{scheme: "sas", token: header}
	case "basic":
		return basicCredential(rest)
	}
	return presented{scheme: scheme, broken: true}
}

// basicCredential uses the password and, like the service, ignores the user name.
func basicCredential(encoded string) presented {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	_, password, ok := strings.Cut(string(plain), ":")
	return presented{scheme: "basic", token: password, broken: err != nil || !ok}
}

// credentialKind returns the kind of credential for the request log. It depends only
// on the form, so that rejected credentials are logged as well.
func credentialKind(r *http.Request) kind {
	p := credentialOf(r)
	isJWT := p.stated != nil // never guessed from the token's length
	switch {
	case p.scheme == "":
		return kindNone
	case p.broken:
		return kindUnknown
	case p.scheme == "sas":
		return kindSAS
	case !isJWT && p.scheme == "basic":
		return kindPAT
	case !isJWT:
		return kindUnknown
	case p.stated.text("iss") == jobTokenIssuer:
		return kindJob
	}
	if isAppOnly(p.stated) {
		return kindApp
	}
	return kindUser
}

// isAppOnly reports whether an Entra token is an application's: it says so, or it
// lacks the delegated scopes that every user's token has.
func isAppOnly(c claims) bool { return c.text("idtyp") == "app" || c.text("scp") == "" }
