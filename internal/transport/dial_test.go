package transport

import (
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

// The address that is dialled decides: a hosts file or a resolver may map localhost
// to any address.
func TestLocalhostIsThisMachine(t *testing.T) {
	t.Parallel()
	for addr, ok := range map[string]bool{
		"127.0.0.1:443": true, "127.8.9.10:443": true, "[::1]:443": true, "[::ffff:127.0.0.1]:443": true,
		"10.0.0.1:443": false, "169.254.169.254:80": false, "[fe80::1]:443": false, "203.0.113.7:443": false, "[2001:db8::1]:443": false, "": false,
	} {
		err := loopbackOnly(t.Context(), "tcp", addr, nil)
		if (err == nil) != ok || err != nil && (!fault.Is(err, fault.InvalidInput) || fault.From(err).ExitCode() != 2) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
