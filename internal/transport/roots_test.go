package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func TestTrustedFallsBackToTheEmbeddedRoots(t *testing.T) {
	t.Parallel()
	count := 0
	for range bundle.Roots() {
		count++
	}
	some := x509.NewCertPool()
	some.AddCert(newService(t, success).Certificate())
	for name, tt := range map[string]struct {
		pool *x509.CertPool
		err  error
		want *x509.CertPool
	}{
		"system": {some, nil, some}, "empty": {x509.NewCertPool(), nil, embedded(nil)}, "unreadable": {nil, errors.New("permission denied"), embedded(nil)},
	} {
		r := &roots{system: func() *x509.CertPool { return filled(tt.pool, tt.err) }}
		if got := r.whole(nil); !got.Equal(tt.want) {
			t.Errorf("%s: another pool", name)
		}
	}
	if got := size(embedded(nil)); got != count || count < 100 {
		t.Errorf("%d of %d roots", got, count)
	}
}

// size is how many certificates are in a pool that is not the system's.
func size(pool *x509.CertPool) int { return len(pool.Subjects()) } //nolint:staticcheck // deprecated for the system's pool

func TestSystemRootsStayBesideCAs(t *testing.T) {
	t.Parallel()
	extra := newService(t, success).Certificate()
	r := newRoots([]*x509.Certificate{extra}, "")
	want, err := x509.SystemCertPool()
	if filled(want, err) == nil {
		want = embedded(nil)
	}
	want.AddCert(extra)
	if !r.whole(nil).Equal(want) {
		t.Error("the pool is not the system's and one more")
	}
}

// TestLikelyRootsVerifyWhatAllRootsDo takes each root for a chain of its own, which
// names itself as its issuer: it must be among the few that are parsed. That the
// embedded ones verify is not looked at, because some bear constraints.
func TestLikelyRootsVerifyWhatAllRootsDo(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
	}
	r := &roots{bundle: func() [][]byte { return certificatesIn(text.Bytes()) }}
	all := len(r.bundle())
	for _, der := range r.bundle() {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		chain := []*x509.Certificate{c}
		for where, pool := range map[string]*x509.CertPool{"bundle": r.likely(chain), "embedded": embedded(chain)} {
			if n := size(pool); n == 0 || n > all/4 {
				t.Errorf("%s: %d of %d roots for %s", where, n, all, c.Subject)
			}
			o := x509.VerifyOptions{Roots: pool, CurrentTime: c.NotBefore.Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
			if _, err := c.Verify(o); err != nil && where == "bundle" {
				t.Errorf("%s: %v", c.Subject, err)
			}
		}
	}
}

func TestCertificatesIn(t *testing.T) {
	t.Parallel()
	block := func(kind string, headers map[string]string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Headers: headers, Bytes: []byte("FAKE")}))
	}
	text := "# a comment\n" + block("CERTIFICATE", nil) + block("TRUSTED CERTIFICATE", nil) + "text\n" +
		block("CERTIFICATE", map[string]string{"A": "b"}) + block("CERTIFICATE", nil) + "-----BEGIN CERTIFICATE-----\nhalf"
	if got := certificatesIn([]byte(text)); len(got) != 2 || string(got[1]) != "FAKE" {
		t.Errorf("%q", got)
	}
}

// TestEveryWayToARoot has a server whose root is in one place at a time, beside
// others that must not be in the way.
func TestEveryWayToARoot(t *testing.T) {
	t.Parallel()
	s, other := newService(t, success), newService(t, success)
	file := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(file, append(other.ca(), s.ca()...), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := x509.NewCertPool()
	whole.AddCert(s.Certificate())
	none := func() [][]byte { return nil }
	empty := func() *x509.CertPool { return nil }
	for name, tt := range map[string]struct {
		r  *roots
		ok bool
	}{
		"ca-file":               {&roots{extra: []*x509.Certificate{s.Certificate()}, bundle: none, system: empty}, true},
		"the bundle":            {&roots{bundle: func() [][]byte { return certificatesIn(readBundle(file)) }, system: empty}, bundleFiles() != nil},
		"the bundle, ca-file":   {&roots{extra: []*x509.Certificate{other.Certificate()}, bundle: func() [][]byte { return certificatesIn(s.ca()) }, system: empty}, true},
		"the system":            {&roots{bundle: none, system: func() *x509.CertPool { return whole }}, true},
		"the system, a bundle":  {&roots{bundle: func() [][]byte { return certificatesIn(other.ca()) }, system: func() *x509.CertPool { return whole }}, true},
		"nowhere, but embedded": {&roots{bundle: none, system: empty}, false},
	} {
		err := tt.r.verify("127.0.0.1", []*x509.Certificate{s.Certificate()})
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err := tt.r.verify("elsewhere.example", []*x509.Certificate{s.Certificate()}); err == nil {
			t.Errorf("%s: another host's certificate was taken", name)
		}
		if err := tt.r.verify("127.0.0.1", nil); err == nil {
			t.Errorf("%s: no certificate was taken", name)
		}
		var refused *tls.CertificateVerificationError
		if !tt.ok && !errors.As(err, &refused) {
			t.Errorf("%s: %T", name, err)
		}
	}
}
