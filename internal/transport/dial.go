package transport

import (
	"context"
	"net"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// dialFunc opens a TCP connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

const connectTimeout = 15 * time.Second

func dialTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: connectTimeout}
	if host, _, err := net.SplitHostPort(addr); err == nil && isLocalhost(host) {
		d.ControlContext = loopbackOnly
	}
	return d.DialContext(ctx, network, addr)
}

// loopbackOnly rejects addresses that do not belong to this machine: a resolver or a
// hosts file may map localhost elsewhere, and a credential would be sent there.
func loopbackOnly(_ context.Context, _, addr string, _ syscall.RawConn) error {
	if at, err := netip.ParseAddrPort(addr); err == nil && at.Addr().Unmap().IsLoopback() {
		return nil
	}
	host, _, _ := net.SplitHostPort(addr)
	return fault.New(fault.InvalidInput, "localhost resolves to %s, which is not this machine", host).
		With("write 127.0.0.1 or [::1] for this machine, or correct what localhost resolves to (the hosts file, DNS)")
}

// dialTLS provides net/http with connections: one that was opened ahead of time, or
// a new one.
func (t *Transport) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	if conn, err := t.ahead.take(ctx, addr); conn != nil || err != nil {
		return conn, err
	}
	return t.connect(ctx, network, addr)
}

// connect opens a TLS connection. It reads the file of root certificates while TCP
// connects, so that no request waits for it.
func (t *Transport) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	t.roots.Prepare()
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

// watch records whether a request got a connection. From then on, some of its bytes
// may have been sent. Later events (headers written) come too late to rely on.
func watch(ctx context.Context) (context.Context, *atomic.Bool) {
	sent := new(atomic.Bool)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	}), sent
}
