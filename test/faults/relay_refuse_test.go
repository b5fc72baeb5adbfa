//go:build linux

package faults

import (
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A port that refuses connections must not become somebody else's.
func TestRefusedPortIsKept(t *testing.T) {
	t.Parallel()
	r, err := newRelay("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	address := r.listener.Addr().String()
	r.refuse()
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("the connection was not refused")
	}
	alone := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error { // as with port 0, which shares no port
		return raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 0) })
	}}
	if other, err := alone.Listen(t.Context(), "tcp", address); err == nil {
		_ = other.Close()
		t.Error("another listener got the port")
	}
}
