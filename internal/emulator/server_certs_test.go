package emulator_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// Strict clients want the server's certificate to name its authority's key
// (RFC 5280, 4.2.1.1): OpenSSL's X509_V_FLAG_X509_STRICT, Python 3.13's default.
func TestCertificateNamesItsAuthority(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	resp, err := w.client.Get(w.URL() + "/_signin")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	chain := resp.TLS.VerifiedChains[0]
	leaf, ca := chain[0], chain[1]
	if len(ca.SubjectKeyId) == 0 || !bytes.Equal(leaf.AuthorityKeyId, ca.SubjectKeyId) {
		t.Errorf("the certificate names the key %x, its authority has %x", leaf.AuthorityKeyId, ca.SubjectKeyId)
	}
}
