package emulator

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
)

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
