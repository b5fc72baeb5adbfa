package emulator_test

import (
	"bytes"
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// The emulator tests clients against the services' behavior, so it must not share
// code with them.
func TestImportsNothingOfOurs(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if path := strings.Trim(i.Path.Value, `"`); strings.HasPrefix(path, "azstep/") && path != "github.com/azstep/azstep/internal/emulator" {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "[::]:0", "example.com:0", "127.0.0.1"} {
		s, err := emulator.New(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start(addr); err == nil {
			t.Errorf("%s was accepted", addr)
			_ = s.Close()
		}
	}
}

func TestBeyondLoopbackByName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"emulator", "192.0.2.1"} {
		s, err := emulator.New(emulator.Options{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Start("127.0.0.1:0"); err != nil { // tests must not listen on other addresses
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		w := &world{t: t, Server: s, client: trusting(t, s)}
		_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL(), "https://"))
		if want := "https://" + net.JoinHostPort(name, port); s.URL() != want {
			t.Errorf("URL %s, want %s", s.URL(), want)
		}
		w.dialLoopback(port)
		got := w.send(http.MethodGet, "/api/roles?api-version=2022-07-31", "", nil)
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s: the IoT Central application answers %d", name, got.status)
		}
		dir := t.TempDir()
		if err := s.WriteDir(dir); err != nil {
			t.Fatal(err)
		}
		if trusted := shell(t, dir, `. "$1/env"`, "AZSTEP_TRUSTED_HOSTS")[0]; trusted != name {
			t.Errorf("env trusts %q", trusted)
		}
	}
}

// dialLoopback connects to this machine's port for every host name.
func (w *world) dialLoopback(port string) {
	transport, _ := w.client.Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}
}

func TestSeedsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, seed := range []string{"", "tenants: []", "unknown: 1", "a: [", "tenants: [{id: x, users: [{id: y}]}]\norganizations: [{name: o, tenant: z}]", "tenants: []\n---\ntenants: []"} {
		if _, err := emulator.New(emulator.Options{Seed: []byte(seed)}); err == nil {
			t.Errorf("seed %q was accepted", seed)
		}
	}
}

func TestNamesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bad name", "a/b", "x'y", "https://emulator"} {
		if _, err := emulator.New(emulator.Options{Name: name}); err == nil {
			t.Errorf("name %q was accepted", name)
		}
	}
}

func TestEnvPointsAShellHere(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	dir := filepath.Join(t.TempDir(), "it's here")
	for range 2 { // the second time overwrites the files
		if err := w.WriteDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ca.pem", "env", "env-github", "env-azure-pipelines", "env-managed-identity"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	got := shell(t, dir, `. "$1/env"`, "AZSTEP_ORGANIZATION", "AZSTEP_PROJECT", "SSL_CERT_FILE", "AZSTEP_CREDENTIAL")
	if got[0] != w.URL()+"/fabrikam" || got[1] != "Fabrikam" || got[2] != filepath.Join(dir, "ca.pem") {
		t.Errorf("env gives %q", got)
	}
	for _, path := range []string{patsPath, teamsPath, permissionsPath("queue/1")} {
		if got := w.send(http.MethodGet, path, "Bearer "+got[3], nil); got.status != http.StatusOK {
			t.Errorf("%s: the demo's credential is answered with %d", path, got.status)
		}
	}
	got = shell(t, dir, `. "$1/env"; . "$1/env-github"`, "AZSTEP_CREDENTIAL", "AZURE_CLIENT_ID", "ACTIONS_ID_TOKEN_REQUEST_URL")
	if got[0] != "" || got[1] != deployApp || !strings.HasPrefix(got[2], w.URL()) {
		t.Errorf("env-github gives %q", got)
	}
	got = shell(t, dir, `. "$1/env"; . "$1/env-azure-pipelines"`, "AZSTEP_CREDENTIAL", "SYSTEM_OIDCREQUESTURI")
	if got[0] != "" || !strings.HasSuffix(got[1], "/oidctoken") {
		t.Errorf("env-azure-pipelines gives %q", got)
	}
}

// shell runs a script with dir as $1 and returns the values of variables.
func shell(t *testing.T, dir, script string, variables ...string) []string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("no shell to read the files with")
	}
	for _, v := range variables {
		script += `; printf '%s\n' "$` + v + `"`
	}
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-euc", strings.ReplaceAll(script, `"$AZSTEP_CREDENTIAL"`, `"${AZSTEP_CREDENTIAL-}"`), "sh", dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(out), "\n")
}

func TestWriteDirNeedsAServer(t *testing.T) {
	t.Parallel()
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteDir(t.TempDir()); err == nil {
		t.Error("files were written for a server without an address")
	}
}

func TestHostNamesOfTheCertificate(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	transport, _ := w.client.Transport.(*http.Transport)
	for _, name := range []string{"localhost", "my-app.localhost", "127.0.0.1", "::1"} {
		transport.TLSClientConfig.ServerName = name
		if _, err := w.try(http.MethodGet, "/_signin", "", nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		transport.CloseIdleConnections()
	}
	transport.TLSClientConfig.ServerName = "dev.azure.com"
	if _, err := w.try(http.MethodGet, "/_signin", "", nil); err == nil {
		t.Error("the certificate is good for dev.azure.com")
	}
}

func TestLatencyAndBody(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Latency: 20 * time.Millisecond})
	began := time.Now()
	w.send(http.MethodGet, "/_signin", "", nil)
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
	if got := w.send(http.MethodPost, patsPath, "", strings.Repeat("x", 2<<20)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MiB of body: status %d", got.status)
	}
}

func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := emulator.New(emulator.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Start("127.0.0.1:0"); err != nil {
			b.Fatal(err)
		}
		_ = s.Close()
	}
}

func BenchmarkRequest(b *testing.B) {
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start("127.0.0.1:0"); err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	client := trusting(b, s)
	auth := "Bearer " + s.Token(emulator.TokenOptions{})
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, _ := http.NewRequest(http.MethodGet, s.URL()+patsPath, nil)
			r.Header.Set("Authorization", auth)
			res, err := client.Do(r)
			if err != nil || res.StatusCode != http.StatusOK {
				b.Error(fmt.Errorf("status %v: %w", res, err))
				return
			}
			_ = res.Body.Close()
		}
	})
}

// Strict clients require that the server's certificate names its authority's key
// (RFC 5280, 4.2.1.1): OpenSSL's X509_V_FLAG_X509_STRICT, the default of Python
// 3.13.
func TestCertificateNamesItsAuthority(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	resp, err := w.client.Get(w.URL() + "/_signin")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	chain := resp.TLS.VerifiedChains[0]
	leaf, ca := chain[0], chain[1]
	if len(ca.SubjectKeyId) == 0 || !bytes.Equal(leaf.AuthorityKeyId, ca.SubjectKeyId) {
		t.Errorf("the certificate names the key %x, its authority has %x", leaf.AuthorityKeyId, ca.SubjectKeyId)
	}
}
