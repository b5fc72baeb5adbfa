package trust

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// FuzzVerify compares the result of Verify with that of a crypto/tls handshake that
// has all roots in its pool. The fuzzer's bytes determine the chain: its length,
// signers, names, validity, key usages and order, which of the certificates are
// roots, and where these are stored.
func FuzzVerify(f *testing.F) {
	for _, seed := range [][]byte{nil, {1}, {0, 1, 1}, {2, 0, 0, 1}, {1, 4, 0, 0, 2, 0, 1}, {3, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {2, 1, 0, 0, 0, 0, 3, 1, 1, 1, 0, 2, 2}, {0, 0, 9, 1}, {2, 16, 32, 64, 3, 1}} {
		f.Add(seed)
	}
	keys := []crypto.Signer{newKey(f), newKey(f), newKey(f), newKey(f)}
	other := newAuthority(f, "other")
	f.Fuzz(func(t *testing.T, seed []byte) {
		w := newWorldOf(t, &choices{seed}, keys, other)
		ours, theirs := w.verdict(t, w.ours()), w.verdict(t, &tls.Config{RootCAs: w.pool})
		if (ours == nil) != (theirs == nil) {
			t.Fatalf("%v: trust says %v, crypto/tls says %v", seed, ours, theirs)
		}
		var refused *tls.CertificateVerificationError
		if errors.As(theirs, &refused) && !errors.As(ours, &refused) {
			t.Fatalf("%v: %T is not an error about a certificate: %v", seed, ours, ours)
		}
	})
}

// choices is the fuzzer's input, read as numbers; after its end, all are 0.
type choices struct{ left []byte }

func (d *choices) of(n int) int {
	if len(d.left) == 0 {
		return 0
	}
	v := int(d.left[0]) % n
	d.left = d.left[1:]
	return v
}

// worldOf is a server and the roots that its client trusts.
type worldOf struct {
	host  string
	sent  tls.Certificate
	roots *Roots
	pool  *x509.CertPool
}

func newWorldOf(t *testing.T, d *choices, keys []crypto.Signer, other *authority) *worldOf {
	w := &worldOf{host: []string{"service.example", "127.0.0.1", "SERVICE.example", "a.service.example", "elsewhere.example"}[d.of(5)], pool: x509.NewCertPool()}
	chain := w.chain(t, d, keys)
	for _, c := range chain[:len(chain)-d.of(2)*(len(chain)-1)/2] {
		w.sent.Certificate = append(w.sent.Certificate, c.Raw)
	}
	if len(w.sent.Certificate) > 2 && d.of(2) == 1 { // out of order
		s := w.sent.Certificate
		s[1], s[len(s)-1] = s[len(s)-1], s[1]
	}
	w.sent.PrivateKey = keys[0]
	w.trust(d, chain, other)
	return w
}

// chain creates a leaf and the authorities above it.
func (w *worldOf) chain(t *testing.T, d *choices, keys []crypto.Signer) []*x509.Certificate {
	length := 1 + d.of(3)
	var chain []*x509.Certificate
	parent, key := (*x509.Certificate)(nil), keys[length]
	for i := length; i >= 0; i-- {
		c := template([]string{"service.example", "authority one", "authority two", "root"}[i], i > 0 && d.of(8) != 7)
		w.spoil(d, c, i)
		if parent == nil {
			parent = c
		}
		signed := sign(t, c, parent, keys[i].Public(), key)
		chain = append([]*x509.Certificate{signed}, chain...)
		parent, key = signed, keys[i]
	}
	return chain
}

// spoil sometimes makes a certificate unusual.
func (w *worldOf) spoil(d *choices, c *x509.Certificate, i int) {
	switch d.of(10) {
	case 1:
		c.NotAfter = time.Now().Add(-time.Minute)
	case 2:
		c.NotBefore = time.Now().Add(time.Minute)
	case 3:
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case 4:
		c.DNSNames, c.IPAddresses = []string{"*.service.example"}, nil
	case 5:
		c.DNSNames, c.IPAddresses = nil, []net.IP{net.IPv4(127, 0, 0, 1)}
	case 6:
		if i > 0 {
			c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"service.example"}
		}
	case 7:
		if i > 0 {
			c.PermittedDNSDomainsCritical, c.ExcludedDNSDomains = true, []string{"service.example"}
		}
	case 8:
		c.Subject = pkix.Name{CommonName: "root"} // same name as another authority
	case 9:
		c.MaxPathLenZero = c.IsCA
	}
}

// trust puts roots into ca-file, the bundle and the rest of the system, beside
// others.
func (w *worldOf) trust(d *choices, chain []*x509.Certificate, other *authority) {
	var extra []*x509.Certificate
	var bundle, rest [][]byte
	for i := len(chain) - 1; i >= 0; i-- {
		where := d.of(5)
		if i == len(chain)-1 {
			where = (where + 1) % 5 // a root is usually trusted
		}
		switch where {
		case 1:
			extra = append(extra, chain[i])
		case 2:
			bundle = append(bundle, chain[i].Raw)
		case 3:
			rest = append(rest, chain[i].Raw)
		default:
			continue
		}
		w.pool.AddCert(chain[i])
	}
	bundle = append(bundle, other.cert.Raw)
	w.pool.AddCert(other.cert)
	w.roots = &Roots{extra: extra, bundle: func() [][]byte { return bundle }, system: func(sent []*x509.Certificate) *x509.CertPool {
		pool := parsed(bundle, sent)
		addTo(pool, rest, sent)
		return pool
	}}
}

func (w *worldOf) ours() *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error { return w.roots.Verify(w.host, s.PeerCertificates) }}
}

// verdict returns the result of a handshake with the server, for its client.
func (w *worldOf) verdict(t *testing.T, c *tls.Config) error {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{w.sent}})
	go func() { _ = server.HandshakeContext(t.Context()); _ = far.Close() }()
	c.ServerName = w.host
	return tls.Client(near, c).HandshakeContext(t.Context())
}

// FuzzCAs checks that only root certificates are accepted.
func FuzzCAs(f *testing.F) {
	good := string(newAuthority(f, "good").pem())
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("FAKE")}))
	for _, text := range []string{"", good, "text\n" + good + "more\n" + good, good + key, strings.ReplaceAll(good, "\n", "\r\n"), good[:len(good)/2], key,
		strings.TrimSpace(good) + good, strings.ReplaceAll(good, "\n", `\n`), strings.ReplaceAll(good, "\n", " "), "\xff\xfeB", "0\x82"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		certs, err := parseCAs(text)
		if err == nil && len(certs) == 0 && len(text) > 0 {
			t.Error("nothing was accepted, and there is no error")
		}
		if err == nil && strings.Count(string(text), "-----BEGIN CERTIFICATE-----") != len(certs) {
			t.Errorf("%d certificates", len(certs))
		}
	})
}
