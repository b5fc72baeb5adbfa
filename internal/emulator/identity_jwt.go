package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// keys are a server's signing keys, created when it starts. With a single key, a job
// token would pass as an Entra token.
type keys struct {
	entra, refresh, issuers, job []byte
}

func newKeys() keys {
	return keys{randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)}
}

// ofIssuer returns the key of one issuer of federated tokens, so that no issuer can
// sign for another.
func (k keys) ofIssuer(name string) []byte { return mac(k.issuers, name) }

// claims is the payload of a JWT.
type claims map[string]any

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// isFor reports whether a token was issued for the audience, possibly among others
// (RFC 7519, section 4.1.3).
func (c claims) isFor(audience string) bool {
	several, _ := c["aud"].([]any)
	return c.text("aud") == audience || slices.Contains(several, any(audience))
}

// instant returns a NumericDate (RFC 7519, section 2), or the zero time.
func (c claims) instant(name string) time.Time {
	if seconds, ok := c[name].(float64); ok {
		return time.Unix(int64(seconds), 0).UTC()
	}
	return time.Time{}
}

// sign returns a signed JWT. It uses HS256 instead of the services' RS256, because
// only the emulator verifies it, and creating an RSA key would take longer than
// everything else at the start.
func sign(key []byte, c claims) string {
	payload, err := json.Marshal(c)
	if err != nil {
		return "" // claims are strings, numbers and lists, which always encode
	}
	head := encodeSegment([]byte(`{"typ":"JWT","alg":"HS256","kid":"azstep-emulator"}`)) + "." + encodeSegment(payload)
	return head + "." + encodeSegment(mac(key, head))
}

// verify returns the claims of a JWT if it is signed with key.
func verify(key []byte, token string) (claims, bool) {
	if !isSigned(key, token) {
		return nil, false
	}
	return readClaims(token)
}

func isSigned(key []byte, token string) bool {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	return err == nil && hmac.Equal(signature, mac(key, token[:dot]))
}

// readClaims decodes a JWT's payload without verifying it.
func readClaims(token string) (claims, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	var c claims
	return c, json.Unmarshal(payload, &c) == nil && c != nil
}

func encodeSegment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

const emptyGUID = "00000000-0000-0000-0000-000000000000"

// newGUID returns a random GUID (RFC 9562, version 4).
func newGUID() string {
	return formatGUID(randomBytes(16))
}

// guidOf returns a GUID that is always the same for the same parts, so that tests
// know the ids of generated items in advance.
func guidOf(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return formatGUID(sum[:16])
}

func formatGUID(b []byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func isGUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(groups) != 5 || len(s) != len(emptyGUID) {
		return false
	}
	for i, want := range []int{8, 4, 4, 4, 12} {
		if len(groups[i]) != want {
			return false
		}
	}
	_, err := hex.DecodeString(strings.Join(groups, ""))
	return err == nil
}
