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

// keys are the secrets that a server signs with, made at its start. One for
// everything would let a job token pass as an Entra token.
type keys struct {
	entra, refresh, issuers, job []byte
}

func newKeys() keys {
	return keys{randomBytes(32), randomBytes(32), randomBytes(32), randomBytes(32)}
}

// ofIssuer is the key of one issuer of federated tokens, so that none can sign
// for another.
func (k keys) ofIssuer(name string) []byte { return mac(k.issuers, name) }

// claims are a JWT's payload.
type claims map[string]any

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// isFor reports whether a token was issued for the audience, which may be one of
// several (RFC 7519, section 4.1.3).
func (c claims) isFor(audience string) bool {
	several, _ := c["aud"].([]any)
	return c.text("aud") == audience || slices.Contains(several, any(audience))
}

// instant reads a NumericDate (RFC 7519, section 2); the zero time if absent.
func (c claims) instant(name string) time.Time {
	if seconds, ok := c[name].(float64); ok {
		return time.Unix(int64(seconds), 0).UTC()
	}
	return time.Time{}
}

// sign makes a JWT. HS256 rather than the services' RS256: only the emulator
// verifies it, and an RSA key would cost more than the rest of the start.
func sign(key []byte, c claims) string {
	payload, err := json.Marshal(c)
	if err != nil {
		return "" // claims are strings, numbers and lists of them
	}
	head := encodeSegment([]byte(`{"typ":"JWT","alg":"HS256","kid":"azstep-emulator"}`)) + "." + encodeSegment(payload)
	return head + "." + encodeSegment(mac(key, head))
}

// verify returns the claims of a JWT that key has signed.
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

// readClaims reads a JWT's payload and believes it.
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

// newGUID is a random GUID (RFC 9562, version 4).
func newGUID() string {
	return formatGUID(randomBytes(16))
}

// guidOf is a GUID that is always the same for the same parts, so that what is
// generated can be named in advance.
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
