package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/go-cmp/cmp"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
)

// The ids and names in the built-in seed.
const (
	project = "Fabrikam"
	jamal   = "jamal@fabrikam.example"
	tenant  = "0fab0000-0000-4000-8000-000000000001"
)

// world is an emulator of one test.
type world struct {
	t *testing.T
	*emulator.Server
}

func start(t *testing.T) *world {
	t.Helper()
	return startWith(t, emulator.Options{})
}

func startWith(t *testing.T, o emulator.Options) *world {
	t.Helper()
	s, err := emulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &world{t, s}
}

func (w *world) organization() string { return w.URL() + "/fabrikam" }

// pat returns a PAT of Jamal's that was created without the API.
func (w *world) pat(scopes string) string {
	w.t.Helper()
	text, _, err := w.AddPAT("fabrikam", jamal, scopes, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

// connect returns the Go client with a PAT that has these scopes.
func (w *world) connect(scopes string) *azuredevops.Connection {
	return w.trusting(azuredevops.NewPatConnection(w.organization(), w.pat(scopes)))
}

func (w *world) trusting(c *azuredevops.Connection) *azuredevops.Connection {
	c.TlsConfig = w.tls()
	return c
}

func (w *world) tls() *tls.Config {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(w.CAPEM()) {
		w.t.Fatal("CAPEM is not a certificate")
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// caFile writes the certificate to a file for other programs.
func (w *world) caFile() string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, w.CAPEM(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// client returns one of the Go client's types, for an area.
func client[C any](w *world, c *azuredevops.Connection, make func(context.Context, *azuredevops.Connection) (C, error)) C {
	w.t.Helper()
	made, err := make(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

// got fails the test if a call failed.
func got[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// skip skips a test whose program or package is not available, and says so even if
// go test shows no log.
func skip(t *testing.T, format string, values ...any) {
	t.Helper()
	if os.Getenv("AZSTEP_CLIENTS") == "required" {
		t.Fatalf(format, values...)
	}
	fmt.Fprintf(os.Stderr, "skipped: "+format+"\n", values...)
	t.Skipf(format, values...)
}

// each returns one value of every element.
func each[T, V any](all []T, value func(T) V) []V {
	out := make([]V, len(all))
	for i, element := range all {
		out[i] = value(element)
	}
	return out
}
