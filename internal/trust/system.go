package trust

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// store provides the root certificates of the system.
type store struct {
	bundle func() [][]byte // certificates in the first file that exists, not parsed
	rest   func() [][]byte // certificates in the directories
	whole  func() *x509.CertPool
}

// newStore returns the system's store with the files that env names, as in
// crypto/x509 (root_unix.go): SSL_CERT_FILE replaces the list of files, SSL_CERT_DIR
// the list of directories. If the system itself verifies certificates (macOS,
// Windows), there are no files.
func newStore(env map[string]string) *store {
	files, dirs := certFiles(), certDirs()
	if name := env["SSL_CERT_FILE"]; name != "" && files != nil {
		files = []string{name}
	}
	if names := env["SSL_CERT_DIR"]; names != "" && dirs != nil {
		dirs = strings.Split(names, ":")
	}
	return &store{
		bundle: sync.OnceValue(func() [][]byte { return certificatesIn(firstOf(files)) }),
		rest:   sync.OnceValue(func() [][]byte { return certificatesOf(dirs) }),
		whole:  sync.OnceValue(func() *x509.CertPool { return filled(systemPool()) }),
	}
}

// pool returns the system's root certificates that may matter to the chain, in a new
// pool, or nil if the system has no roots at all.
func (s *store) pool(chain []*x509.Certificate) *x509.CertPool {
	if certFiles() == nil {
		if pool := s.whole(); pool != nil {
			return pool.Clone()
		}
		return nil
	}
	if len(s.bundle())+len(s.rest()) == 0 {
		return nil
	}
	pool := parsed(s.bundle(), chain)
	addTo(pool, s.rest(), chain)
	return pool
}

func filled(pool *x509.CertPool, err error) *x509.CertPool {
	if err != nil || pool.Equal(x509.NewCertPool()) {
		return nil
	}
	return pool
}

// firstOf returns the content of the first file that exists.
func firstOf(files []string) []byte {
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			return text
		}
	}
	return nil
}

// certificatesOf returns the certificates in all files of the directories.
func certificatesOf(dirs []string) [][]byte {
	var certs [][]byte
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if text, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil {
				certs = append(certs, certificatesIn(text)...)
			}
		}
	}
	return certs
}

// certificatesIn extracts the certificates from PEM as
// [x509.CertPool.AppendCertsFromPEM] does.
func certificatesIn(text []byte) [][]byte {
	var certs [][]byte
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" && len(block.Headers) == 0 {
			certs = append(certs, block.Bytes)
		}
	}
	return certs
}

// parsed returns a pool of the certificates that may matter to the chain.
// Certificates that cannot be parsed are not trusted.
func parsed(certs [][]byte, chain []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	addTo(pool, certs, chain)
	return pool
}

func addTo(pool *x509.CertPool, certs [][]byte, chain []*x509.Certificate) {
	for _, der := range certs {
		if !matters(der, chain) {
			continue
		}
		if c, err := x509.ParseCertificate(der); err == nil {
			pool.AddCert(c)
		}
	}
}

// matters reports whether a trusted certificate may be part of the chain: it
// contains the name of one of the chain's issuers or subjects. A pool is searched by
// name, so no other certificate would be looked at. Without a chain, every
// certificate may matter.
func matters(root []byte, chain []*x509.Certificate) bool {
	for _, c := range chain {
		if bytes.Contains(root, c.RawIssuer) || bytes.Contains(root, c.RawSubject) {
			return true
		}
	}
	return len(chain) == 0
}

// embedded builds the compiled-in pool as far as it may matter to the chain, and
// keeps the constraints that the trust store of NSS puts on some of its roots. It is
// built here because x509roots/fallback parses all roots at every start, in its init
// function.
func embedded(chain []*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for root := range bundle.Roots() {
		if !matters(root.Certificate, chain) {
			continue
		}
		cert, err := x509.ParseCertificate(root.Certificate)
		switch {
		case err != nil: // a root that this version of Go cannot parse is not trusted
		case root.Constraint != nil:
			pool.AddCertWithConstraint(cert, root.Constraint)
		default:
			pool.AddCert(cert)
		}
	}
	return pool
}
