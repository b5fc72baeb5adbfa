package emulator

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

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
