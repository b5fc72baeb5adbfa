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

// formsOf lists every form that secret takes in practice, most literal first,
// each once, in one line and of at least minLen characters.
//
// The hosts' own maskers derive forms, too, but neither has all of these:
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

// isShort counts characters, as a person does who reads what a mask left of a log.
func isShort(s string) bool {
	return len(s) < minLen*utf8.UTFMax && utf8.RuneCountInString(s) < minLen
}

// Short reports whether a secret, or each of its lines, is too short to be hidden.
func Short(secret string) bool {
	whole := strings.TrimSpace(secret)
	return isShort(whole) || len(linesOf(whole)) == 0
}

// linesOf splits where the hosts do: at LF, CR and CRLF.
func linesOf(whole string) []string {
	lines := strings.FieldsFunc(whole, func(r rune) bool { return r == '\r' || r == '\n' })
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return sift(lines)
}

// sift keeps the first of equal forms, and none that is too short or that no
// host could be told because it has a line break.
func sift(forms []string) []string {
	seen := make(map[string]bool, len(forms))
	return slices.DeleteFunc(forms, func(f string) bool {
		drop := seen[f] || isShort(f) || strings.IndexByte(f, '\n') >= 0 || strings.IndexByte(f, '\r') >= 0
		seen[f] = true
		return drop
	})
}

// derive lists what s becomes in the hands of other programs. Some of it equals
// s or comes twice.
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

// isPlain says that s, as most tokens do, stays what it is wherever something is
// escaped or quoted.
func isPlain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || !isAlnum(byte(r)) && !strings.ContainsRune("-._", r) })
}

// signaturesOf is the sig of a shared access signature as it stands and decoded.
// It alone makes the signature valid; the other fields are no secret.
func signaturesOf(value string) []string {
	sas, ok := pattern.ParseSAS(value)
	if !ok || sas.Signature == "" {
		return nil
	}
	decoded, _ := url.PathUnescape(sas.Signature) // "" if it is not encoded right: sifted out
	return sift([]string{sas.Signature, decoded})
}

// jwtSignature is the last part of a JWT. The others are names and times that
// anybody may know who is told about the token.
func jwtSignature(value string) []string {
	parts := strings.Split(value, ".")
	if len(parts) != 3 || !strings.HasPrefix(value, "eyJ") { // {" in base64
		return nil
	}
	return parts[2:]
}
