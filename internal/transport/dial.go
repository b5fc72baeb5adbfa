package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// dialFunc opens a TCP connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

const connectTimeout = 15 * time.Second

func dialTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout}
	return d.DialContext(ctx, network, addr)
}

// dialTLS is what net/http gets its connections from: one that was opened
// ahead, or a new one.
func (t *Transport) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	if conn, err := t.ahead.take(ctx, addr); conn != nil || err != nil {
		return conn, err
	}
	return t.connect(ctx, network, addr)
}

// connect opens a TLS connection. The system's roots are read while TCP
// connects, because that takes milliseconds which no request should wait for.
func (t *Transport) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	go t.roots()
	conn, err := t.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	secure, err := handshake(ctx, conn, addr, t.roots())
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

func handshake(ctx context.Context, conn net.Conn, addr string, roots *x509.CertPool) (net.Conn, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout, errSlowHandshake)
	defer cancel()
	c := tlsConfig(roots)
	c.ServerName = host
	secure := tls.Client(conn, c)
	err = secure.HandshakeContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return secure, err
}

var errSlowHandshake = fmt.Errorf("the server did not answer the TLS handshake within %s", handshakeTimeout)

func tlsConfig(roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		RootCAs:    roots,
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"}, // RFC 9113, section 3.2
	}
}

// watch says whether a request got a connection. From then on bytes of it may
// have left: later signs (headers written) come too late to be relied on.
func watch(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := new(atomic.Bool)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}), sent
}
