package transport

import (
	"context"
	"crypto/tls"
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

// verifying lets package trust verify the server, with the same result as
// crypto/tls, but parsing only the root certificates that the server's chain needs.
func (t *Transport) verifying(host string) *tls.Config {
	c := tlsConfig()
	c.ServerName = host
	c.InsecureSkipVerify = true //nolint:gosec // VerifyConnection verifies, and is called on every handshake
	c.VerifyConnection = func(s tls.ConnectionState) error { return t.roots.Verify(host, s.PeerCertificates) }
	return c
}

// tlsConfig sets the versions of TLS and of HTTP (RFC 7301) that azstep supports.
func tlsConfig() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
}
