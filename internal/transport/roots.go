package transport

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// roots are the certificates that connections are verified against: those of
// ca-file and the system's or, where the system has none (an image from
// scratch), the embedded ones.
//
// To parse the hundreds of a system takes longer than all the rest of a run, and
// a chain needs one of them. So the bundle is cut into certificates without
// parsing any, and [roots.likely] parses those that can matter to a chain.
type roots struct {
	extra  []*x509.Certificate
	bundle func() [][]byte       // the system's bundle, cut; nothing where it has none in a file
	system func() *x509.CertPool // the system's pool; nil where it is empty
}

// newRoots are the roots with those of ca-file. certFile is SSL_CERT_FILE.
func newRoots(extra []*x509.Certificate, certFile string) *roots {
	return &roots{
		extra:  extra,
		bundle: sync.OnceValue(func() [][]byte { return certificatesIn(readBundle(certFile)) }),
		system: sync.OnceValue(func() *x509.CertPool { return filled(x509.SystemCertPool()) }),
	}
}

// prepare begins what a connection would wait for. With a ca-file that is
// nothing, most likely, and a goroutine for it would cost a thread.
func (r *roots) prepare() {
	if len(r.extra) == 0 {
		go r.bundle()
	}
}

// given is the pool of ca-file's certificates, or nil without any.
func (r *roots) given([]*x509.Certificate) *x509.CertPool {
	if len(r.extra) == 0 {
		return nil
	}
	return r.with(x509.NewCertPool())
}

// likely is the pool of the bundle's certificates that can matter to the chain,
// or nil without a bundle.
func (r *roots) likely(chain []*x509.Certificate) *x509.CertPool {
	if len(r.bundle()) == 0 {
		return nil
	}
	pool := x509.NewCertPool()
	for _, der := range r.bundle() {
		if !matters(der, chain) {
			continue
		}
		if c, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(c)
		}
	}
	return r.with(pool)
}

// whole is the pool of the system's and ca-file's certificates. Of the embedded
// ones, which stand in for an empty system's, it has those that can matter to the
// chain.
func (r *roots) whole(chain []*x509.Certificate) *x509.CertPool {
	if pool := r.system(); pool != nil {
		return r.with(pool.Clone())
	}
	return r.with(embedded(chain))
}

func (r *roots) with(pool *x509.CertPool) *x509.CertPool {
	for _, c := range r.extra {
		pool.AddCert(c)
	}
	return pool
}

func filled(pool *x509.CertPool, err error) *x509.CertPool {
	if err != nil || pool.Equal(x509.NewCertPool()) {
		return nil
	}
	return pool
}

// readBundle is the file that crypto/x509 reads the system's roots from, too. It
// reads directories beside it, and those are left to it.
func readBundle(certFile string) []byte {
	files := bundleFiles()
	if certFile != "" && files != nil {
		files = []string{certFile}
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			return text
		}
	}
	return nil
}

// certificatesIn takes the certificates out of PEM as [x509.CertPool.AppendCertsFromPEM] does.
func certificatesIn(text []byte) [][]byte {
	var certs [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" && len(block.Headers) == 0 {
			certs = append(certs, block.Bytes)
		}
	}
	return certs
}

// matters says whether a trusted certificate can end the chain or be in it: it
// holds the name of one of its issuers or subjects. A pool is searched by name, so
// that another would never be looked at. No chain is every chain.
func matters(root []byte, chain []*x509.Certificate) bool {
	for _, c := range chain {
		if bytes.Contains(root, c.RawIssuer) || bytes.Contains(root, c.RawSubject) {
			return true
		}
	}
	return len(chain) == 0
}

// embedded builds the pool that is compiled in, as far as it can matter to the
// chain, and keeps the constraint with which the trust store of NSS bears some
// of its roots. It is built here and not by importing x509roots/fallback, whose
// init parses all of them at every start.
func embedded(chain []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		if !matters(root.Certificate, chain) {
			continue
		}
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
