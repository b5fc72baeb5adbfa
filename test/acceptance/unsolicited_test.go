//go:build unix

package acceptance

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestUnsolicitedBytesAreNotShown has a server send more than its answer: the
// request's own credential, which net/http would log to stderr, past the masks.
func TestUnsolicitedBytesAreNotShown(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			// azstep waits before it asks again, which is when net/http reads the rest
			fmt.Fprintf(conn, "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n%s\r\n", r.Header.Get("Authorization"))
		}
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	const pat = "FAKEPATabcdefghijklmnopqrstuvwxyz0123456789abcdefghi"
	var stderr bytes.Buffer
	cmd := exec.Command(filepath.Join(bin, "azstep"), "whoami")
	cmd.Env = []string{"AZSTEP_ORGANIZATION=" + server.URL + "/o", "AZSTEP_CA_FILE=" + ca, "AZSTEP_CREDENTIAL=" + pat, "AZSTEP_MAX_ATTEMPTS=2"}
	cmd.Stderr = &stderr
	_ = cmd.Run()
	if cmd.ProcessState.ExitCode() != 1 || bytes.Contains(stderr.Bytes(), []byte("Unsolicited")) {
		t.Errorf("exit code %d, stderr: %s", cmd.ProcessState.ExitCode(), &stderr)
	}
}
