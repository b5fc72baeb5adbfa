package transport

import (
	"crypto/x509"
	"encoding/pem"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"azstep/internal/fault"
)

// rootsFunc gives the certificates that connections are verified against. The
// first call reads them; every other waits for that or gets them at once.
type rootsFunc func() *x509.CertPool

func newRoots(extra []*x509.Certificate) rootsFunc {
	return sync.OnceValue(func() *x509.CertPool {
		pool := trusted(x509.SystemCertPool)
		for _, c := range extra {
			pool.AddCert(c)
		}
		return pool
	})
}

// trusted is the system's pool or, where the system has none (an image from
// scratch), the embedded one.
func trusted(system func() (*x509.CertPool, error)) *x509.CertPool {
	pool, err := system()
	if err != nil || pool.Equal(x509.NewCertPool()) {
		return embedded()
	}
	return pool
}

// embedded builds the pool that is compiled in, and keeps the constraint with
// which the trust store of NSS bears some of its roots. It is built here and
// not by importing x509roots/fallback, whose init does it at every start.
func embedded() *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		cert, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // a root that this Go cannot read is not trusted
		case root.Constraint != nil:
			pool.AddCertWithConstraint(cert, root.Constraint)
		default:
			pool.AddCert(cert)
		}
	}
	return pool
}

const caHint = "give ca-file the path or the text of a PEM file that holds root certificates (BEGIN CERTIFICATE) and nothing else"

// parseCAs reads PEM certificates. Text between the blocks is allowed, as in
// the bundles of most systems; a block of another kind is not, because it is
// most likely a private key that has no business here.
func parseCAs(text []byte) ([]*x509.Certificate, error) {
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
