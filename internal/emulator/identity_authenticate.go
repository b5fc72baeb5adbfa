package emulator

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"time"
)

// doubt is why a credential of Azure DevOps was not believed.
type doubt int

const (
	believed      doubt = iota
	noCredential        // no Authorization header
	unreadable          // a header that says nothing
	notRecognized       // garbage, expired, for another audience, revoked
	patExpired          // a PAT of ours whose time is over
)

// jobTokenIssuer is iss of SYSTEM_ACCESSTOKEN (without a scheme), as decoded
// tokens in public issues show it.
const jobTokenIssuer = "app.vstoken.visualstudio.com"

// authenticate tells who calls Azure DevOps.
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

// entraIdentity reads who an Entra token is for; its signature is checked.
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

// expired says whether a JWT is outside its time. Its end is taken to the
// second: the few minutes that services allow would only slow tests down.
func expired(c claims, now time.Time) bool {
	return now.Before(c.instant("nbf").Add(-clockLeeway)) || !now.Before(c.instant("exp"))
}

// clockLeeway lets a token be used in the second that it is made in.
const clockLeeway = 5 * time.Second

// presented is the credential of a request, not yet believed.
type presented struct {
	scheme string // "", "bearer", "basic", "sas" or what was sent
	token  string
	broken bool   // a header that cannot be read
	stated claims // what the token says of itself if it is a JWT, or nil
}

type presentedKey struct{}

// present reads the request's credential, once for all who look at it.
func present(r *http.Request) *http.Request {
	p := readCredential(r)
	p.stated, _ = readClaims(p.token)
	return r.WithContext(context.WithValue(r.Context(), presentedKey{}, p))
}

// credentialOf is the credential of a request that went through [present].
func credentialOf(r *http.Request) presented {
	p, _ := r.Context().Value(presentedKey{}).(presented)
	return p
}

// signedBy returns what the token says if key has signed it.
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

// basicCredential takes the password and, as the service does, any user name.
func basicCredential(encoded string) presented {
	plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	_, password, ok := strings.Cut(string(plain), ":")
	return presented{scheme: "basic", token: password, broken: err != nil || !ok}
}

// credentialKind is what the request log calls the credential: by its shape,
// because a refused one is worth knowing, too.
func credentialKind(r *http.Request) kind {
	p := credentialOf(r)
	isJWT := p.stated != nil // never told by a token's length
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

// isAppOnly tells an application's Entra token: it says so, or it lacks the
// delegated scopes that every user's token has.
func isAppOnly(c claims) bool { return c.text("idtyp") == "app" || c.text("scp") == "" }
