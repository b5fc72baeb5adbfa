package transport

import (
	"context"
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

// connect opens a TLS connection. The bundle of roots is read while TCP
// connects, because no request should wait for that.
func (t *Transport) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	t.roots.prepare()
	conn, err := t.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	secure, err := t.handshake(ctx, conn, addr)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

// watch says whether a request got a connection. From then on bytes of it may
// have left: later signs (headers written) come too late to be relied on.
func watch(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := new(atomic.Bool)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}), sent
}
