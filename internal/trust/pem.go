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

// pemBlock is one block of a PEM text: its type, its content, and the line on which
// it begins.
type pemBlock struct {
	label string
	der   []byte
	line  int
}

// damaged is the error for a block that cannot be parsed. Nothing is skipped: if
// only half of a file were trusted, users would find out much later.
func damaged(text string, at int, how string) error {
	return fault.Input("ca-file", caHint, "ca-file: line %d: %s", lineOf(text, at), how)
}

func lineOf(text string, at int) int { return 1 + strings.Count(text[:at], "\n") }

// pemBlocks parses every block of a text. Line breaks may have been lost in a
// variable or a shell: base64 does not need them, and a block ends at its END,
// wherever that is in a line.
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

// strayMark returns the first offset at which a fragment of an incomplete block
// begins, or -1.
func strayMark(text string) int {
	first := -1
	for _, mark := range []string{"-----BEGIN", "-----END", "BEGIN CERTIFICATE", "END CERTIFICATE"} {
		if at := strings.Index(text, mark); at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// pemBlockAt parses the block that begins at an offset, and returns where it ends.
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

// isBlockLabel reports whether a label may be shown, that is, cannot be part of a
// secret.
func isBlockLabel(label string) bool {
	foreign := func(r rune) bool { return r != ' ' && (r < 'A' || r > 'Z') && (r < '0' || r > '9') }
	return label != "" && len(label) <= 40 && !strings.ContainsFunc(label, foreign)
}

// unwrapped decodes the text of a block, whatever separates its lines: a line break,
// a space, or the two characters \ and n that a quoted line break turns into.
func unwrapped(body string) ([]byte, error) {
	joined := strings.NewReplacer(`\r`, "", `\n`, "", "\r", "", "\n", "", " ", "", "\t", "").Replace(body)
	return base64.StdEncoding.Strict().DecodeString(joined)
}

// notPEM says what a file contains instead of PEM, if that can be recognized.
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
