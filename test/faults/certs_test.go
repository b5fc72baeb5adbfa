//go:build unix

package faults

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
	"sync"
	"time"
)

// papers are certificates that a client must reject, and one authority that signed
// all but one of them and that azstep is configured to trust.
type papers struct {
	authority                    []byte // PEM
	right, wrongName, old, alien tls.Certificate
}

// issued creates them once.
var issued = sync.OnceValues(func() (papers, error) {
	ca, pemText, err := newIssuer()
	if err != nil {
		return papers{}, err
	}
	stranger, _, err := newIssuer()
	if err != nil {
		return papers{}, err
	}
	p := papers{authority: pemText}
	for _, c := range []struct {
		into *tls.Certificate
		by   issuer
		host string
		ends time.Duration
	}{
		{&p.right, ca, "127.0.0.1", time.Hour},
		{&p.wrongName, ca, "elsewhere.example", time.Hour},
		{&p.old, ca, "127.0.0.1", -time.Minute},
		{&p.alien, stranger, "127.0.0.1", time.Hour},
	} {
		if *c.into, err = c.by.issue(c.host, time.Now().Add(c.ends)); err != nil {
			return papers{}, err
		}
	}
	return p, nil
})

type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newIssuer() (issuer, []byte, error) {
	i := issuer{certificate: template(time.Now().Add(time.Hour))}
	i.certificate.IsCA, i.certificate.BasicConstraintsValid, i.certificate.KeyUsage = true, true, x509.KeyUsageCertSign
	var err error
	if i.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return issuer{}, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, i.certificate, i.certificate, i.key.Public(), i.key)
	return i, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

// issue signs a certificate for a name or an address.
func (i issuer) issue(host string, ends time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf := template(ends)
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, i.certificate, key.Public(), i.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func template(ends time.Time) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62)) // never fails
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "a throw-away authority " + serial.String()},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: ends, KeyUsage: x509.KeyUsageDigitalSignature,
	}
}
