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

// store is where the system keeps its roots.
type store struct {
	bundle func() [][]byte // of the first file that is there, not parsed
	rest   func() [][]byte // of the directories
	whole  func() *x509.CertPool
}

// newStore is the system's store with the files that env names, as crypto/x509 has it
// (root_unix.go): SSL_CERT_FILE instead of its files, SSL_CERT_DIR instead of its
// directories. Where the system itself verifies (macOS, Windows) there are no files.
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

// pool is all of the system's roots that can matter to the chain, in a pool of the
// caller's own, or nil where the system has none at all.
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

// firstOf is the text of the first file that is there.
func firstOf(files []string) []byte {
	for _, name := range files {
		if text, err := os.ReadFile(name); err == nil {
			return text
		}
	}
	return nil
}

// certificatesOf are those of all files of the directories.
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

// parsed is a pool of the certificates that can matter to the chain. One that cannot
// be parsed is not trusted.
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

// matters says whether a trusted certificate can end the chain or be in it: it
// holds the name of one of its issuers or subjects. A pool is searched by name, so
// that another would never be looked at. Without a chain, every certificate may matter.
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
