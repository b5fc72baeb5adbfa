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

// Options say where root certificates come from. The zero value means the system's
// own.
type Options struct {
	// CAs is PEM with additional root certificates: the input ca-file.
	CAs []byte
	// Env provides SSL_CERT_FILE and SSL_CERT_DIR, which name files to use instead
	// of the system's. Without Env they are ignored.
	Env map[string]string
}

// Roots verifies connections against the certificates in ca-file and those of the
// system. If the system has none (an image from scratch), the embedded ones are
// used. It is safe for concurrent use.
type Roots struct {
	extra  []*x509.Certificate
	bundle func() [][]byte                                // certificates in the system's first file, not parsed
	system func(chain []*x509.Certificate) *x509.CertPool // everything that the system has; nil if that is nothing
}

// New returns the roots. It reads no system file before it is needed. If CAs
// contains anything but PEM certificates, the error is fault.InvalidInput about
// ca-file.
func New(o Options) (*Roots, error) {
	extra, err := parseCAs(o.CAs)
	if err != nil {
		return nil, err
	}
	s := newStore(o.Env)
	return &Roots{extra: extra, bundle: s.bundle, system: s.pool}, nil
}

// System returns the system's own roots.
func System() *Roots {
	s := newStore(nil)
	return &Roots{bundle: s.bundle, system: s.pool}
}

// Given returns the number of certificates in ca-file.
func (r *Roots) Given() int { return len(r.extra) }

// Prepare starts loading what a connection would wait for. With a ca-file that is
// most likely nothing, and a goroutine for it would cost a thread.
func (r *Roots) Prepare() {
	if len(r.extra) == 0 {
		go r.bundle()
	}
}

// Pool returns all roots, parsed, for a library that verifies certificates itself.
func (r *Roots) Pool() *x509.CertPool { return r.whole(nil) }

// given returns the pool of ca-file's certificates, or nil if there are none.
func (r *Roots) given([]*x509.Certificate) *x509.CertPool {
	if len(r.extra) == 0 {
		return nil
	}
	return r.with(x509.NewCertPool())
}

// likely returns the pool of certificates in the system's first file that may matter
// to the chain, or nil if there is no such file.
func (r *Roots) likely(chain []*x509.Certificate) *x509.CertPool {
	if len(r.bundle()) == 0 {
		return nil
	}
	return r.with(parsed(r.bundle(), chain))
}

// whole returns the pool of the system's and ca-file's certificates. Of the embedded
// ones, which replace an empty system store, it contains those that may matter to
// the chain.
func (r *Roots) whole(chain []*x509.Certificate) *x509.CertPool {
	if pool := r.system(chain); pool != nil {
		return r.with(pool)
	}
	return r.with(embedded(chain))
}

// with adds ca-file's certificates to a pool that is not shared.
func (r *Roots) with(pool *x509.CertPool) *x509.CertPool {
	for _, c := range r.extra {
		pool.AddCert(c)
	}
	return pool
}
