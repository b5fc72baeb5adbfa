package mask

import (
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/pattern"
)

// formsOf lists the forms in which a secret appears in practice, the most literal
// first, without duplicates. Each form is one line of at least minLen characters.
//
// The hosts' own maskers also derive forms, but neither has all of these:
//
//	form                     GitHub runner            Azure Pipelines agent
//	each line of a value     yes                      no
//	base64, padded           yes                      no
//	base64 inside longer     without its first bytes  no
//	base64 without padding   no                       no
//	base64, URL alphabet     no                       no
//	base64(":"+secret)       all but 4 characters     no
//	base64 of UTF-16LE       no                       no
//	percent, upper case      yes                      yes
//	percent, lower case      no                       no
//	form-encoded             no                       no
//	JSON                     yes                      yes
//	JSON with \u003c, \/     no                       no
//	XML, named entities      yes                      no
//	HTML, numeric entities   no                       no
//	backslash, quotes        \" and ''                no
//	hex                      no                       no
//	sig of a SAS or JWT      no                       no
//
// (actions/runner ValueEncoders.cs and ActionCommandManager.cs;
// azure-pipelines-agent HostContext.cs and TaskCommandExtension.cs)
func formsOf(secret string) []string {
	whole := strings.TrimSpace(secret)
	if isShort(whole) {
		return nil
	}
	values := linesOf(whole)
	signatures := signaturesOf(whole)
	forms := slices.Concat(values, signatures, jwtSignature(whole))
	for _, v := range values {
		forms = append(forms, derive(v)...)
	}
	if len(values) != 1 || values[0] != whole {
		forms = append(forms, derive(whole)...)
	}
	for _, v := range signatures {
		forms = slices.Concat(forms, base64Forms(v), percentForms(v))
	}
	return sift(forms)
}

// isShort counts characters and not bytes, as a reader of the log would.
func isShort(s string) bool {
	return len(s) < minLen*utf8.UTFMax && utf8.RuneCountInString(s) < minLen
}

// Short reports whether a secret, or each of its lines, is too short to be hidden.
func Short(secret string) bool {
	whole := strings.TrimSpace(secret)
	return isShort(whole) || len(linesOf(whole)) == 0
}

// linesOf splits a text at LF, CR and CRLF, as the hosts do.
func linesOf(whole string) []string {
	lines := strings.FieldsFunc(whole, func(r rune) bool { return r == '\r' || r == '\n' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return sift(lines)
}

// sift removes duplicates, forms that are too short, and forms with a line break,
// which no host can register.
func sift(forms []string) []string {
	seen := make(map[string]bool, len(forms))
	return slices.DeleteFunc(forms, func(f string) bool {
		drop := seen[f] || isShort(f) || strings.IndexByte(f, '\n') >= 0 || strings.IndexByte(f, '\r') >= 0
		seen[f] = true
		return drop
	})
}

// derive lists the forms that other programs make of s. It may contain s itself and
// duplicates.
func derive(s string) []string {
	forms := slices.Concat(base64Forms(s), wideForms(s))
	if !isPlain(s) {
		forms = slices.Concat(forms, escapedForms(s))
	}
	digits := hex.EncodeToString([]byte(s))
	return append(forms, digits, strings.ToUpper(digits)) // xxd, .NET's Convert.ToHexString
}

func escapedForms(s string) []string {
	quoted := strconv.Quote(s)
	return slices.Concat(percentForms(s), jsonForms(s), markupForms(s), []string{
		quoted[1 : len(quoted)-1],           // Go's %q
		strings.ReplaceAll(s, "'", `'\''`),  // a shell's set -x
		strings.ReplaceAll(s, "'", `'"'"'`), // Python's shlex.quote
	})
}

// isPlain reports whether escaping and quoting leave s unchanged, as they do with
// most tokens.
func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || !isAlnum(byte(r)) && !strings.ContainsRune("-._", r) })
}

// signaturesOf returns the signature in a shared access signature, encoded and
// decoded. It is the only secret field; without it the others are useless.
func signaturesOf(value string) []string {
	sas, ok := pattern.ParseSAS(value)
	if !ok || sas.Signature == "" {
		return nil
	}
	decoded, _ := url.PathUnescape(sas.Signature) // "" if it is not encoded correctly; sift removes it
	return sift([]string{sas.Signature, decoded})
}

// jwtSignature returns the last part of a JWT. The other parts hold names and times,
// which are not secret.
func jwtSignature(value string) []string {
	parts := strings.Split(value, ".")
	if len(parts) != 3 || !strings.HasPrefix(value, "eyJ") { // base64 of {"
		return nil
	}
	return parts[2:]
}
