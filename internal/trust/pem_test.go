package trust

import (
	"encoding/pem"
	"strconv"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

// PEM that shells, variables and editors have reformatted can still be read. Damaged
// PEM is rejected, with the line.
func TestPEM(t *testing.T) {
	t.Parallel()
	good := string(newAuthority(t, "good").pem())
	flat := strings.TrimSpace(good)
	block, _ := pem.Decode([]byte(good))
	body := strings.TrimSuffix(strings.TrimPrefix(flat, "-----BEGIN CERTIFICATE-----\n"), "\n-----END CERTIFICATE-----")
	lines := strings.Count(good, "\n")
	wide := "\xff\xfe"
	for _, c := range []byte(good) {
		wide += string([]byte{c, 0})
	}
	for name, tc := range map[string]struct {
		text string
		want int    // number of certificates
		err  string // part of the error
	}{
		"as it is":             {good + "\n# comment\n" + good, 2, ""},
		"CRLF":                 {strings.ReplaceAll(good, "\n", "\r\n"), 1, ""},
		`\n as two characters`: {strings.ReplaceAll(good, "\n", `\n`) + strings.ReplaceAll(good, "\n", `\n`), 2, ""},
		`\r\n likewise`:        {strings.ReplaceAll(good, "\n", `\r\n`), 1, ""},
		"blanks for breaks":    {strings.ReplaceAll(good, "\n", " ") + good, 2, ""},
		"no breaks at all":     {strings.ReplaceAll(good, "\n", ""), 1, ""},
		"glued":                {flat + flat + flat, 3, ""},
		"indented":             {"  " + strings.ReplaceAll(good, "\n", "\n  "), 1, ""},
		"no END":               {good + "-----BEGIN CERTIFICATE-----\n" + body, 0, "line " + strconv.Itoa(lines+1) + ": the block that begins here has no END"},
		"no END, then more":    {"-----BEGIN CERTIFICATE-----\n" + body + "\n" + good, 0, "line 1: the block that begins here has no END"},
		"no BEGIN":             {good + body + "\n-----END CERTIFICATE-----\n", 0, "does not belong to a complete block"},
		"four dashes":          {good + strings.Replace(good, "-----BEGIN", "----BEGIN", 1), 0, "line " + strconv.Itoa(lines+1) + ":"},
		"em dashes":            {strings.ReplaceAll(good, "-----", "–—"), 0, "line 1:"},
		"not base64":           {good + strings.Replace(good, "\nM", "\n!", 1), 0, "line " + strconv.Itoa(lines+1) + ": the block that begins here is damaged: it is not base64"},
		"cut off":              {"-----BEGIN CERTIFICATE-----\n" + body[:64] + "\n-----END CERTIFICATE-----\n", 0, "line 1: the certificate that begins here is damaged"},
		"a key":                {good + "-----BEGIN PRIVATE KEY-----\nQ0FOQVJZ\n-----END PRIVATE KEY-----\n", 0, "line " + strconv.Itoa(lines+1) + ": a block of kind PRIVATE KEY is not a certificate"},
		"UTF-16":               {wide, 0, "UTF-16"},
		"DER":                  {string(block.Bytes), 0, "DER form"},
		"no PEM":               {"password: CANARY", 0, "no PEM certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certs, err := parseCAs([]byte(tc.text))
			if len(certs) != tc.want || (err == nil) != (tc.err == "") {
				t.Fatalf("%d certificates, %v", len(certs), err)
			}
			if err != nil && (!strings.Contains(err.Error(), tc.err) || fault.From(err).Input != "ca-file" || strings.Contains(err.Error(), "CANARY")) {
				t.Errorf("%v; want %q", err, tc.err)
			}
		})
	}
}
