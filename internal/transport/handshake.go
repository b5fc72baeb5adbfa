package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
)

func (t *Transport) handshake(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, errSlowHandshake)
	defer cancel()
	secure := tls.Client(conn, t.verifying(host))
	err = secure.HandshakeContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return secure, err
}

var errSlowHandshake = fmt.Errorf("the server did not answer the TLS handshake within %s", handshakeTimeout)

// verifying has crypto/x509 verify the server as crypto/tls would, but against
// roots that are parsed when the server's chain is there to say which are needed.
func (t *Transport) verifying(host string) *tls.Config {
	c := t.tlsConfig()
	c.ServerName = host
	c.InsecureSkipVerify = true //nolint:gosec // VerifyConnection verifies, and is called on every handshake
	c.VerifyConnection = func(s tls.ConnectionState) error { return t.roots.verify(host, s.PeerCertificates) }
	return c
}

var errNoCertificate = errors.New("tls: the server sent no certificate")

// verify is crypto/tls's own verification. Its error is that of all the roots.
func (r *roots) verify(host string, chain []*x509.Certificate) error {
	if len(chain) == 0 {
		return errNoCertificate // crypto/tls lets none through; nothing may rest on that
	}
	o := x509.VerifyOptions{DNSName: host, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	var err error
	for _, pool := range []func([]*x509.Certificate) *x509.CertPool{r.given, r.likely, r.whole} {
		if o.Roots = pool(chain); o.Roots == nil {
			continue
		}
		if _, err = chain[0].Verify(o); err == nil {
			return nil
		}
	}
	return &tls.CertificateVerificationError{UnverifiedCertificates: chain, Err: err}
}

// tlsConfig says which versions of TLS and of HTTP (RFC 7301) azstep speaks.
func (t *Transport) tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
