package trust

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// pemBlock is one block of a PEM text: what it says it is, what it holds, and the
// line that it begins on.
type pemBlock struct {
	label string
	der   []byte
	line  int
}

// damaged is the error of a block that cannot be read. Nothing is skipped: to
// trust half of what a file names would only be found out much later.
func damaged(text string, at int, how string) error {
	return fault.Input("ca-file", caHint, "ca-file: line %d: %s", lineOf(text, at), how)
}

func lineOf(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }

// pemBlocks reads every block of a text. Line breaks that were lost on the way,
// through a variable or a shell, are not missed: base64 has none of its own, and a
// block ends where its END is, wherever that stands in a line.
func pemBlocks(text string) (blocks []pemBlock, err error) {
	for at := 0; ; {
		begin := strings.Index(text[at:], pemBegin)
		between := text[at:]
		if begin >= 0 {
			between = text[at : at+begin]
		}
		if stray := strayMark(between); stray >= 0 {
			return nil, damaged(text, at+stray, "this BEGIN or END does not belong to a complete block")
		}
		if begin < 0 {
			return blocks, nil
		}
		b, end, err := pemBlockAt(text, at+begin)
		if err != nil {
			return nil, err
		}
		blocks, at = append(blocks, b), end
	}
}

// strayMark is the first place where something is left of a block that lost a part
// of itself, or -1.
func strayMark(text string) int {
	first := -1
	for _, mark := range []string{"-----BEGIN", "-----END", "BEGIN CERTIFICATE", "END CERTIFICATE"} {
		if at := strings.Index(text, mark); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// pemBlockAt reads the block that begins at an offset, and says where it ends.
func pemBlockAt(text string, at int) (b pemBlock, end int, err error) {
	rest := text[at+len(pemBegin):]
	label, body, ok := strings.Cut(rest, pemDash)
	if !ok || !isBlockLabel(label) {
		return b, 0, damaged(text, at, "the BEGIN of this block is damaged")
	}
	closing := pemEnd + label + pemDash
	size := strings.Index(body, closing)
	if size < 0 || strings.Contains(body[:size], pemDash) {
		return b, 0, damaged(text, at, "the block that begins here has no END")
	}
	b = pemBlock{label: label, line: lineOf(text, at)}
	if b.der, err = unwrapped(body[:size]); err != nil {
		return b, 0, damaged(text, at, "the block that begins here is damaged: it is not base64")
	}
	return b, at + len(pemBegin) + len(label) + len(pemDash) + size + len(closing), nil
}

// isBlockLabel reports whether a label may be shown: it is not part of a secret.
func isBlockLabel(label string) bool {
	foreign := func(r rune) bool { return r != ' ' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	return label != "" && len(label) <= 40 && !strings.ContainsFunc(label, foreign)
}

// unwrapped decodes the text of a block, whatever separates its lines: a line
// break, a blank, or the two characters \ and n that a quoted line break leaves.
func unwrapped(body string) ([]byte, error) {
	joined := strings.NewReplacer(`\r`, "", `\n`, "", "\r", "", "\n", "", " ", "", "\t", "").Replace(body)
	return base64.StdEncoding.Strict().DecodeString(joined)
}

// notPEM says what a file is that is not PEM text, where that can be told.
func notPEM(text []byte) string {
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}),
		len(text) > 1 && (text[0] == 0 || text[1] == 0):
		return "the file is UTF-16 text; save it as UTF-8"
	case len(text) > 1 && text[0] == 0x30 && text[1] >= 0x80:
		return "the file is in DER form, not PEM; convert it with: openssl x509 -inform der -in FILE -out FILE.pem"
	}
	return ""
}
