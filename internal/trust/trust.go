// Package trust holds the root certificates and verifies a server's certificate
// chain against them, with the same result as crypto/tls.
//
// Parsing a system's hundreds of roots takes longer than the rest of a run, and a
// chain needs only one of them. Package trust therefore splits files into
// certificates without parsing them, and parses those that may matter to a chain
// when the chain arrives. A fuzz test compares the results with those of crypto/tls.
//
// It opens no connection, reads only the environment that it is given, and knows no
// host and no service.
package trust

import (
	"crypto/x509"
)

// Options are where root certificates come from. The zero value is the system's own.
type Options struct {
	// CAs is PEM with roots besides the system's: the input ca-file.
	CAs []byte
	// Env is where SSL_CERT_FILE and SSL_CERT_DIR are read from, which name other
	// files in the place of the system's. Without Env they do not count.
	Env map[string]string
}

// Roots are the certificates that connections are verified against: those of ca-file,
// and the system's or, where the system has none (an image from scratch), the embedded
// ones. They are safe for use by several goroutines.
type Roots struct {
	extra  []*x509.Certificate
	bundle func() [][]byte                                // the system's first file, cut
	system func(chain []*x509.Certificate) *x509.CertPool // all that the system has; nil where that is nothing
}

// New returns the roots. No file of the system is read before it is needed. CAs that
// are not PEM with certificates alone are a fault.InvalidInput that blames ca-file.
func New(o Options) (*Roots, error) {
	extra, err := parseCAs(o.CAs)
	if err != nil {
		return nil, err
	}
	s := newStore(o.Env)
	return &Roots{extra: extra, bundle: s.bundle, system: s.pool}, nil
}

// System are the system's own roots.
func System() *Roots {
	s := newStore(nil)
	return &Roots{bundle: s.bundle, system: s.pool}
}

// Given is how many certificates ca-file gave.
func (r *Roots) Given() int { return len(r.extra) }

// Prepare begins what a connection would wait for. With a ca-file that is
// nothing, most likely, and a goroutine for it would cost a thread.
func (r *Roots) Prepare() {
	if len(r.extra) == 0 {
		go r.bundle()
	}
}

// Pool is all the roots, parsed, for a library that verifies by itself.
func (r *Roots) Pool() *x509.CertPool { return r.whole(nil) }

// given is the pool of ca-file's certificates, or nil without any.
func (r *Roots) given([]*x509.Certificate) *x509.CertPool {
	if len(r.extra) == 0 {
		return nil
	}
	return r.with(x509.NewCertPool())
}

// likely is the pool of the certificates of the system's first file that can matter
// to the chain, or nil without such a file.
func (r *Roots) likely(chain []*x509.Certificate) *x509.CertPool {
	if len(r.bundle()) == 0 {
		return nil
	}
	return r.with(parsed(r.bundle(), chain))
}

// whole is the pool of the system's and ca-file's certificates. Of the embedded
// ones, which stand in for an empty system's, it has those that can matter to the
// chain.
func (r *Roots) whole(chain []*x509.Certificate) *x509.CertPool {
	if pool := r.system(chain); pool != nil {
		return r.with(pool)
	}
	return r.with(embedded(chain))
}

// with adds ca-file's certificates to a pool that is nobody else's.
func (r *Roots) with(pool *x509.CertPool) *x509.CertPool {
	for _, c := range r.extra {
		pool.AddCert(c)
	}
	return pool
}
