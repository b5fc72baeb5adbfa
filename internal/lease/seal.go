package lease

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Any step can set variables of a job. If the step that mints and the step that
// revokes know the same secret, a code with a key derived from it distinguishes an
// entry that azstep wrote from one that was forged or changed. The code is at the
// end of the entry and covers its name, so that it is not valid under another one.

// Verdict says what an entry's code proves.
type Verdict int

// The verdicts.
const (
	// Unsealed: the entry has no code.
	Unsealed Verdict = iota
	// Sealed: the writer of the entry had the secret.
	Sealed
	// Broken: the entry was written with this secret and changed afterwards.
	Broken
	// OtherSecret: the entry was written with another secret, or not by azstep.
	OtherSecret
)

const (
	sealStart = `,"seal":"`
	sealEnd   = `"}`
	keyLength = 6  // base64 of 4 bytes, without padding
	codeSize  = 16 // bytes
)

// Seal adds the code to an entry, which is one JSON object stored under name.
func Seal(text, name, secret string) string {
	body, ok := strings.CutSuffix(text, "}")
	if !ok || secret == "" {
		return text
	}
	key := keyOf(secret)
	return body + sealStart + keyName(key) + code(key, name, text) + sealEnd
}

// Unseal returns the entry without its code, and what the code proves.
func Unseal(text, name, secret string) (string, Verdict) {
	body, seal, ok := cutSeal(text)
	if !ok {
		return text, Unsealed
	}
	key := keyOf(secret)
	switch plain := body + "}"; {
	case seal[:keyLength] != keyName(key):
		return plain, OtherSecret
	case !hmac.Equal([]byte(seal[keyLength:]), []byte(code(key, name, plain))):
		return plain, Broken
	default:
		return plain, Sealed
	}
}

func cutSeal(text string) (body, seal string, ok bool) {
	at := strings.LastIndex(text, sealStart)
	if at < 0 {
		return text, "", false
	}
	seal, ok = strings.CutSuffix(text[at+len(sealStart):], sealEnd)
	if !ok || len(seal) != keyLength+base64.RawURLEncoding.EncodedLen(codeSize) {
		return text, "", false
	}
	return text[:at], seal, true
}

func keyOf(secret string) []byte { return mac([]byte(secret), "azstep lease") }

// keyName identifies a key, so that a new secret is not mistaken for a forgery.
func keyName(key []byte) string { return base64.RawURLEncoding.EncodeToString(mac(key, "name")[:4]) }

func code(key []byte, name, text string) string {
	return base64.RawURLEncoding.EncodeToString(mac(key, strings.ToLower(name)+"\n"+text)[:codeSize])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(text)) // never fails
	return h.Sum(nil)
}
