package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
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
	some.AddCert(newAuthority(t, "extra").cert)
	for name, tt := range map[string]struct {
		pool *x509.CertPool
		err  error
		want *x509.CertPool
	}{
		"system": {some, nil, some}, "empty": {x509.NewCertPool(), nil, embedded(nil)}, "unreadable": {nil, errors.New("permission denied"), embedded(nil)},
	} {
		r := &Roots{system: func([]*x509.Certificate) *x509.CertPool { return filled(tt.pool, tt.err) }}
		if got := r.whole(nil); !got.Equal(tt.want) {
			t.Errorf("%s: different pool", name)
		}
	}
	if got := size(embedded(nil)); got != count || count < 100 {
		t.Errorf("%d of %d roots", got, count)
	}
}

// size returns the number of certificates in a pool that is not the system's.
func size(pool *x509.CertPool) int { return len(pool.Subjects()) } //nolint:staticcheck // deprecated for the system's pool

func TestSystemRootsStayBesideCAs(t *testing.T) {
	t.Parallel()
	extra := newAuthority(t, "extra").cert
	r := &Roots{extra: []*x509.Certificate{extra}, bundle: newStore(nil).bundle, system: newStore(nil).pool}
	want, err := x509.SystemCertPool()
	if filled(want, err) == nil {
		want = embedded(nil)
	}
	want.AddCert(extra)
	if !r.whole(nil).Equal(want) {
		t.Error("the pool is not the system's and one more")
	}
}

// TestLikelyRootsVerifyWhatAllRootsDo treats each root as a chain of its own, in
// which it names itself as the issuer: it must be among the few roots that are
// parsed. It does not check that the embedded roots verify, because some have
// constraints.
func TestLikelyRootsVerifyWhatAllRootsDo(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
	}
	r := &Roots{bundle: func() [][]byte { return certificatesIn(text.Bytes()) }}
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

// TestEveryWayToARoot uses a server whose root is in one place at a time, beside
// other roots that must not interfere.
func TestEveryWayToARoot(t *testing.T) {
	t.Parallel()
	ours, other := newAuthority(t, "ours"), newAuthority(t, "other")
	chain := []*x509.Certificate{ours.leaf(t, "service.example")}
	dir := t.TempDir()
	file := filepath.Join(dir, "bundle.pem")
	if err := os.WriteFile(file, append(other.pem(), ours.pem()...), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := x509.NewCertPool()
	whole.AddCert(ours.cert)
	none := func() [][]byte { return nil }
	empty := func([]*x509.Certificate) *x509.CertPool { return nil }
	named := newStore(map[string]string{"SSL_CERT_FILE": file, "SSL_CERT_DIR": filepath.Join(dir, "none")})
	inDir := newStore(map[string]string{"SSL_CERT_FILE": filepath.Join(dir, "none"), "SSL_CERT_DIR": filepath.Join(dir, "none") + ":" + dir})
	for name, tt := range map[string]struct {
		r  *Roots
		ok bool
	}{
		"ca-file":               {&Roots{extra: []*x509.Certificate{ours.cert}, bundle: none, system: empty}, true},
		"the bundle":            {&Roots{bundle: named.bundle, system: empty}, certFiles() != nil},
		"a directory":           {&Roots{bundle: inDir.bundle, system: inDir.pool}, certFiles() != nil},
		"not the environment's": {System(), false},
		"the bundle, ca-file":   {&Roots{extra: []*x509.Certificate{other.cert}, bundle: func() [][]byte { return certificatesIn(ours.pem()) }, system: empty}, true},
		"the system":            {&Roots{bundle: none, system: func([]*x509.Certificate) *x509.CertPool { return whole.Clone() }}, true},
		"the system, a bundle":  {&Roots{bundle: func() [][]byte { return certificatesIn(other.pem()) }, system: func([]*x509.Certificate) *x509.CertPool { return whole.Clone() }}, true},
		"nowhere, but embedded": {&Roots{bundle: none, system: empty}, false},
	} {
		err := tt.r.Verify("service.example", chain)
		if (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err := tt.r.Verify("elsewhere.example", chain); err == nil {
			t.Errorf("%s: a certificate for another host was accepted", name)
		}
		if err := tt.r.Verify("service.example", nil); err == nil {
			t.Errorf("%s: a connection without a certificate was accepted", name)
		}
		var refused *tls.CertificateVerificationError
		if !tt.ok && !errors.As(err, &refused) {
			t.Errorf("%s: %T", name, err)
		}
	}
}

// The environment of the process counts only if it is passed in, although
// crypto/x509 would read it. The test is not parallel, because it changes the
// environment.
func TestTheProcessEnvironmentDoesNotCount(t *testing.T) {
	if certFiles() == nil {
		t.Skip("the platform verifies")
	}
	ours := newAuthority(t, "ours")
	file := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(file, ours.pem(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", file)
	t.Setenv("SSL_CERT_DIR", filepath.Dir(file))
	chain := []*x509.Certificate{ours.leaf(t, "service.example")}
	strict, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := strict.Verify("service.example", chain); err == nil {
		t.Error("a root of the process's environment is trusted")
	}
	if slices.ContainsFunc(strict.Pool().Subjects(), func(name []byte) bool { return bytes.Equal(name, ours.cert.RawSubject) }) { //nolint:staticcheck // no pool of the system's
		t.Error("the pool holds a root of the process's environment")
	}
	loose, err := New(Options{Env: map[string]string{"SSL_CERT_FILE": file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := loose.Verify("service.example", chain); err != nil {
		t.Error(err)
	}
}
