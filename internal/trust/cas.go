package trust

import (
	"bytes"
	"crypto/x509"

	"github.com/azstep/azstep/internal/fault"
)

const caHint = "ca-file: name a PEM file of root certificates, or give its text: each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"

// parseCAs parses PEM certificates. Text between the blocks is allowed, as in the
// bundles of most systems. Other kinds of blocks are not, because they are most
// likely private keys included by mistake.
func parseCAs(text []byte) ([]*x509.Certificate, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if len(text) == 0 {
		return nil, nil
	}
	if kind := notPEM(text); kind != "" {
		return nil, fault.Input("ca-file", caHint, "ca-file: %s", kind)
	}
	blocks, err := pemBlocks(string(text))
	if err != nil {
		return nil, err
	}
	if len(blocks) == 0 {
		return nil, fault.Input("ca-file", caHint, "ca-file: the file contains no PEM certificate")
	}
	return certificates(blocks)
}

func certificates(blocks []pemBlock) (certs []*x509.Certificate, err error) {
	for _, b := range blocks {
		if b.label != "CERTIFICATE" {
			return nil, fault.Input("ca-file", caHint, "ca-file: line %d: a block of kind %s is not a certificate", b.line, b.label)
		}
		cert, err := x509.ParseCertificate(b.der)
		if err != nil {
			return nil, fault.Input("ca-file", caHint, "ca-file: line %d: the certificate that begins here is damaged: %w", b.line, err)
		}
		certs = append(certs, cert)
	}
	return certs, nil
}
