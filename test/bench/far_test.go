package bench

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// newFar puts a loopback port in front of the services, to which a connection takes
// as long as to a machine far away. It returns the base URL.
func newFar(b *testing.B, services string, delay time.Duration) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			time.AfterFunc(delay, func() { join(near, strings.TrimPrefix(services, "https://")) })
		}
	}()
	return "https://" + listener.Addr().String()
}

// join copies bytes in both directions until one side closes.
func join(near net.Conn, address string) {
	defer near.Close()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}
