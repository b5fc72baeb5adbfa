package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

var errNoCertificate = errors.New("tls: the server sent no certificate")

// Verify checks the chain that a server sent, as crypto/tls does: it must be valid
// for the host and end in one of the roots. The error is a
// [tls.CertificateVerificationError] that results from all roots.
func (r *Roots) Verify(host string, chain []*x509.Certificate) error {
	if len(chain) == 0 {
		return errNoCertificate // crypto/tls rejects an empty chain before; nothing may depend on that
	}
	o := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	var err error
	for _, pool := range []func([]*x509.Certificate) *x509.CertPool{r.given, r.likely, r.whole} {
		if o.Roots = pool(chain); o.Roots == nil {
			continue
		}
		if _, err = chain[0].Verify(o); err == nil {
			return nil
		}
	}
	return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
}
