package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
)

// patForm matches a PAT: letters and digits. It also allows hyphens and underscores,
// because no Entra token consists only of these. The length is not reliable: PATs
// had 52 characters and now have 84.
var patForm = pattern.New(`^[0-9A-Za-z_-]+$`)

// jwtStart is how every JWT begins: base64url of {".
const jwtStart = "eyJ"

// isCutJWT reports whether the value is the beginning of a JWT's header, cut before
// the first dot. A PAT that happens to begin with the same three letters does not
// decode to JSON.
func isCutJWT(value string) bool {
	start, err := base64.RawURLEncoding.DecodeString(value[:min(len(value), 12)])
	return err == nil && headerForm.MatchString(string(start))
}

var headerForm = pattern.New(`^\{"[a-z0-9]{2,}"?`)

// notAToken rejects a credential that is neither a PAT nor a complete token, and
// says what it seems to be. The service would only say that it does not know the
// credential.
func notAToken(name, value string) *fault.Error {
	why, hint := shapeOf(value)
	return fault.Input(name, hint, "%s is neither a PAT nor a complete Entra token: %s", name, why)
}

func shapeOf(value string) (why, hint string) {
	switch {
	case isJSON(value):
		return "it is JSON", "give only the token: from the output of `az account get-access-token`, the value of accessToken (`--query accessToken -o tsv`)"
	case strings.HasPrefix(value, jwtStart):
		return whyNoJWT(value), "give the complete token: three parts separated by dots, on one line"
	case isBasic(value):
		return "it is a user name and a PAT in base64", "give only the PAT: azstep encodes it"
	case strings.ContainsAny(value, " \t"):
		return "it contains a space, and tokens have none", "give only the token, on one line"
	}
	return "it contains characters that PATs do not have", "check the value in the secret store; a PAT is shown only once, when it is created"
}

// isJSON reports whether the whole response around the token was stored.
func isJSON(value string) bool {
	return (strings.HasPrefix(value, "{") || strings.HasPrefix(value, "[")) && (json.Valid([]byte(value)) || strings.Contains(value, `":`) || strings.Contains(value, `",`))
}

// whyNoJWT says what is missing in a JWT.
func whyNoJWT(value string) string {
	parts := strings.Split(value, ".")
	switch {
	case isJSON(value):
		return "it is JSON"
	case !strings.HasPrefix(value, jwtStart):
		return "it is not a JWT"
	case len(parts) < 3 || parts[len(parts)-1] == "":
		return "it is truncated"
	case len(parts) > 3:
		return "it has too many parts"
	}
	return "it is truncated or damaged"
}

// isBasic reports whether the value is the base64 of ":PAT" or "user:PAT", as in a
// Basic header.
func isBasic(value string) bool {
	plain, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
	if err != nil || !utf8.Valid(plain) {
		return false
	}
	user, pat, ok := strings.Cut(string(plain), ":")
	return ok && len(pat) >= 20 && patForm.MatchString(pat) && !strings.ContainsFunc(user, unicode.IsControl)
}

// sendable rejects a secret with invisible characters that no secret contains, such
// as those that a chat program inserts. Only the API tokens of IoT Central contain a
// space.
func sendable(name string, secret input.Secret) error {
	position := 0
	for _, r := range secret.Reveal() {
		position++
		if r < ' ' || r > '~' {
			return fault.Input(name, name+": copy the value again from where it was created",
				"%s: character %d is U+%04X, but only printable ASCII characters can be sent", name, position, r)
		}
	}
	return nil
}
