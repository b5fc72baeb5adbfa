package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"

	"github.com/azstep/azstep/internal/fault"
)

const caHint = "give ca-file the path or the text of a PEM file that holds root certificates (BEGIN CERTIFICATE) and nothing else"

// parseCAs reads PEM certificates. Text between the blocks is allowed, as in
// the bundles of most systems; a block of another kind is not, because it is
// most likely a private key that has no business here.
func parseCAs(text []byte) ([]*x509.Certificate, error) {
	text = bytes.TrimPrefix(text, []byte(bom))
	if len(text) == 0 {
		return nil, nil
	}
	var certs []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return nil, fault.Input("ca-file", caHint, "block %d of ca-file is not a certificate", len(certs)+1)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fault.Input("ca-file", caHint, "certificate %d of ca-file: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fault.Input("ca-file", caHint, "ca-file holds no PEM certificate")
	}
	return certs, nil
}
