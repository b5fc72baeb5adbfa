package emulator

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// presented is the credential of a request, not yet believed.
type presented struct {
	scheme string // "", "bearer", "basic", "sas" or what was sent
	token  string
	broken bool // a header that cannot be read
}

func credentialOf(r *http.Request) presented {
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

// looksLikeJWT is how a token is told from an opaque one: never by its length.
func looksLikeJWT(token string) bool {
	_, ok := readClaims(token)
	return ok
}

// credentialKind is what the request log calls the credential: by its shape,
// because a refused one is worth knowing, too.
func credentialKind(r *http.Request) kind {
	p := credentialOf(r)
	c, isJWT := readClaims(p.token)
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
	case c.text("iss") == jobTokenIssuer:
		return kindJob
	}
	if isAppOnly(c) {
		return kindApp
	}
	return kindUser
}

// isAppOnly tells an application's Entra token: it says so, or it lacks the
// delegated scopes that every user's token has.
func isAppOnly(c claims) bool { return c.text("idtyp") == "app" || c.text("scp") == "" }
