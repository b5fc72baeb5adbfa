package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// certificate returns a self-signed certificate for 127.0.0.1 and the given names.
func certificate(t *testing.T, from, to time.Time, ips ...net.IP) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "azstep test"}, NotBefore: from, NotAfter: to,
		IPAddresses: ips, DNSNames: []string{"other.example"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestTLSFailuresSayTheWayOut(t *testing.T) {
	t.Parallel()
	now, loopback := time.Now(), net.IPv4(127, 0, 0, 1)
	good := certificate(t, now.Add(-time.Hour), now.Add(time.Hour), loopback)
	for name, tt := range map[string]struct {
		config *tls.Config
		trust  bool
		hint   string
	}{
		"unknown authority": {&tls.Config{Certificates: []tls.Certificate{good}}, false, "ca-file"},
		"expired":           {&tls.Config{Certificates: []tls.Certificate{certificate(t, now.Add(-2*time.Hour), now.Add(-time.Hour), loopback)}}, true, "expired"},
		"other host":        {&tls.Config{Certificates: []tls.Certificate{certificate(t, now.Add(-time.Hour), now.Add(time.Hour))}}, true, "another host"},
		"TLS 1.1 only":      {&tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, true, "TLS 1.2"},
		"no TLS":            {nil, true, "port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{Server: httptest.NewUnstartedServer(success)}
			s.Config.ErrorLog = newService(t, success).Config.ErrorLog
			o := Options{}
			if s.TLS = tt.config; s.TLS != nil {
				s.StartTLS()
				if tt.trust {
					o.Trust = trusting(t, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.TLS.Certificates[0].Certificate[0]}))
				}
			} else {
				s.Start()
			}
			defer s.Close()
			var lines logbook
			o.Log = lines.log
			tr := New(o)
			defer tr.Close()
			_, err := NewCaller(tr, bearer).Do(t.Context(), Call{Method: "GET", URL: at("https" + strings.TrimPrefix(strings.TrimPrefix(s.URL, "https"), "http"))}, nil)
			f := fault.From(err)
			if f == nil || f.Code != fault.TLS || f.MaybeDone || !strings.Contains(f.Advice()[0], tt.hint) || lines.String() != "" {
				t.Errorf("%v, hints %q, log %q", err, f.Advice(), &lines)
			}
		})
	}
}
