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

// claims are what a JWT says about itself. They are read and never trusted.
type claims struct {
	readable  bool // false for an encrypted token, whose claims cannot be read
	issuer    string
	tenant    string
	subject   string
	object    string   // object id of the user or service principal
	names     []string // names of the user or application, best first
	idType    string   // "app" or "user", where the token says so
	scopes    string   // delegated permissions, which only a user's token has
	audience  []string
	expires   time.Time
	notBefore time.Time
}

const (
	maxToken     = 1 << 18      // characters; real ones stay below 16 Ki
	latestSecond = 253402300799 // the end of the year 9999
)

// readClaims parses a JWT: three base64url segments with JSON in the first two (RFC
// 7519), or five with JSON in the first (RFC 7516, encrypted). A claim of an
// unexpected type counts as missing.
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
	if len(segments) == 5 { // otherwise it may be two tokens pasted together
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

// namesOf returns the claims that name a user or an application. Which of them a
// token contains depends on its version and its audience.
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
	_ = json.Unmarshal(raw, &s) // if it has a different type, s stays empty, as intended
	return s
}

// texts parses an array of strings or a single string (RFC 7519, 4.1.3).
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

// instant parses a NumericDate: seconds since 1970, possibly with a fraction.
func instant(raw json.RawMessage) time.Time {
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || seconds <= 0 || seconds > latestSecond {
		return time.Time{}
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)).UTC()
}

// app reports whether the token belongs to an application. It is false for a token
// that cannot be read.
func (c claims) app() bool {
	return c.readable && c.idType != "user" && (c.idType == "app" || c.scopes == "")
}

// whose returns the name of the user or application, with the user's sign-in address
// if there is one, or "".
func (c claims) whose() string {
	switch len(c.names) {
	case 0:
		return ""
	case 1:
		return clean(c.names[0])
	}
	return clean(c.names[0]) + " (" + clean(c.names[1]) + ")"
}

// hasAudience compares as Entra compares ids: ignoring case and a trailing slash.
func (c claims) hasAudience(wanted ...string) bool {
	return slices.ContainsFunc(c.audience, func(aud string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool {
			return strings.EqualFold(strings.TrimSuffix(aud, "/"), strings.TrimSuffix(w, "/"))
		})
	})
}

// forWhom returns the audience, by name if known.
func (c claims) forWhom() string {
	for _, s := range []Service{AzureDevOps, IoTCentral} {
		if c.hasAudience(Need{Service: s}.audiences()...) {
			return s.String()
		}
	}
	return strings.Join(c.audience, " ")
}

// describe returns a description that is safe to log: whose token it is, for which
// audience, and when it expires.
func (c claims) describe(now time.Time) string {
	if !c.readable {
		return "token: encrypted, so azstep cannot read it"
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
		return "token: has no tenant, subject, audience or expiry"
	}
	return "token: " + strings.Join(parts, ", ")
}
