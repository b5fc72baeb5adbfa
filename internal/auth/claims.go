package auth

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	words "github.com/azstep/azstep/internal/text"
)

// claims are what a JWT says of itself. They are read and never trusted.
type claims struct {
	readable  bool // an encrypted token has claims that nobody here can read
	issuer    string
	tenant    string
	subject   string
	object    string   // object id of the user or service principal
	names     []string // of the user or application, the best one first
	idType    string   // "app" or "user", where the token says so
	scopes    string   // delegated permissions: only a user's token has them
	audience  []string
	expires   time.Time
	notBefore time.Time
}

const (
	maxToken     = 1 << 18      // characters; real ones stay below 16 Ki
	latestSecond = 253402300799 // the end of the year 9999
)

// readClaims reads a JWT: three segments of base64url, JSON in the first two
// (RFC 7519), or five with JSON in the first (RFC 7516, encrypted). A claim of
// an unexpected type is as good as absent.
func readClaims(token string) (claims, bool) {
	if len(token) > maxToken {
		return claims{}, false
	}
	segments := strings.Split(token, ".")
	if n := len(segments); n != 3 && n != 5 {
		return claims{}, false
	}
	header, ok := segmentJSON(segments[0])
	if !ok {
		return claims{}, false
	}
	if len(segments) == 5 { // else two tokens that somebody pasted one after the other
		return claims{}, text(header["enc"]) != ""
	}
	payload, ok := segmentJSON(segments[1])
	if !ok || segments[2] == "" || !isBase64URL(segments[2]) {
		return claims{}, false
	}
	return claimsOf(payload), true
}

func claimsOf(payload map[string]json.RawMessage) claims {
	return claims{
		readable:  true,
		issuer:    text(payload["iss"]),
		tenant:    text(payload["tid"]),
		subject:   text(payload["sub"]),
		object:    text(payload["oid"]),
		names:     namesOf(payload),
		idType:    text(payload["idtyp"]),
		scopes:    text(payload["scp"]),
		audience:  texts(payload["aud"]),
		expires:   instant(payload["exp"]),
		notBefore: instant(payload["nbf"]),
	}
}

// namesOf are the claims that name a user or an application. Which of them a
// token has depends on its version and on who it is for.
func namesOf(payload map[string]json.RawMessage) (found []string) {
	for _, claim := range []string{"name", "app_displayname", "preferred_username", "upn", "unique_name"} {
		if name := text(payload[claim]); name != "" && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

func segmentJSON(segment string) (map[string]json.RawMessage, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	if err != nil {
		return nil, false
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, false
	}
	return object, true
}

func isBase64URL(segment string) bool {
	_, err := base64.RawURLEncoding.DecodeString(segment)
	return err == nil
}

func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // another type leaves it empty, which is what is wanted
	return s
}

// texts reads an array of strings or a single one (RFC 7519, 4.1.3).
func texts(raw json.RawMessage) []string {
	if one := text(raw); one != "" {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}

// instant reads a NumericDate: seconds since 1970, perhaps with a fraction.
func instant(raw json.RawMessage) time.Time {
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds <= 0 || seconds > latestSecond {
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}

// app says that the token is an application's own. Nothing can be said of one
// that cannot be read.
func (c claims) app() bool {
	return c.readable && c.idType != "user" && (c.idType == "app" || c.scopes == "")
}

// whose is the name of the user or application, with the address that the user
// signs in by where there is one, or "".
func (c claims) whose() string {
	switch len(c.names) {
	case 0:
		return ""
	case 1:
		return clean(c.names[0])
	}
	return clean(c.names[0]) + " (" + clean(c.names[1]) + ")"
}

// hasAudience compares as Entra does for ids: without regard to case, and to a
// slash at the end.
func (c claims) hasAudience(wanted ...string) bool {
	return slices.ContainsFunc(c.audience, func(aud string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool {
			return strings.EqualFold(strings.TrimSuffix(aud, "/"), strings.TrimSuffix(w, "/"))
		})
	})
}

// forWhom is the audience, by its name where that is known.
func (c claims) forWhom() string {
	for _, s := range []Service{AzureDevOps, IoTCentral} {
		if c.hasAudience(Need{Service: s}.audiences()...) {
			return s.String()
		}
	}
	return strings.Join(c.audience, " ")
}

// describe is what may stand in a log: whose token it is, by name where it has one,
// what it is for, and until when.
func (c claims) describe(now time.Time) string {
	if !c.readable {
		return "token: encrypted, nothing can be read from it"
	}
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+clean(value))
		}
	}
	switch {
	case len(c.names) > 0 && c.app():
		add("application", c.names[0])
	case len(c.names) > 0:
		add("user", c.names[0])
	default:
		add("tenant", c.tenant)
		add("subject", c.subject)
	}
	add("audience", c.forWhom())
	if !c.expires.IsZero() {
		add("expires at", words.Moment(c.expires, now))
	}
	if len(parts) == 0 {
		return "token: without tenant, subject, audience or expiry"
	}
	return "token: " + strings.Join(parts, ", ")
}
