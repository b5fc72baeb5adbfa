//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// services is an emulator in its own process.
type services struct {
	process *exec.Cmd
	client  *http.Client
	env     map[string]string // environment that it wrote for clients
	latency time.Duration

	pat, iotToken string // credentials of a user
	named         int    // number of unique names so far
}

// serve starts an emulator that waits before each response.
func (b *bench) serve(ctx context.Context, latency time.Duration) (*services, error) {
	dir := filepath.Join(b.dir, "services-"+latency.String())
	s := &services{latency: latency, process: exec.CommandContext(ctx, b.built("azstep-emulator"), "-dir", dir, "-latency", latency.String())}
	said, err := s.process.StdoutPipe()
	if err == nil {
		err = s.process.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "ready ") {
		err = fmt.Errorf("it says %q", line)
	}
	if err == nil {
		err = s.connect(ctx, dir)
	}
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	return s, nil
}

func (s *services) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// connect reads the emulator's files, and gets the tokens that they do not contain.
func (s *services) connect(ctx context.Context, dir string) (err error) {
	if s.env, err = readExports(filepath.Join(dir, "env")); err != nil {
		return err
	}
	pem, err := os.ReadFile(s.env["AZSTEP_CA_FILE"])
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	s.client = &http.Client{Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
	iot, err := s.token(ctx, map[string]string{"audience": "https://apps.azureiotcentral.com"})
	s.iotToken = iot.Token
	pat, err2 := s.token(ctx, map[string]string{"kind": "pat", "scopes": "app_token"})
	s.pat = pat.Token
	return errors.Join(err, err2)
}

type token struct{ Token, AuthorizationID string }

func (s *services) token(ctx context.Context, wish map[string]string) (made token, err error) {
	return made, s.call(ctx, http.MethodPost, s.env["AZSTEP_APPLICATION"]+"/_emulator/token", "", wish, &made)
}

// call sends JSON and decodes the JSON response, unless into is nil.
func (s *services) call(ctx context.Context, method, url, authorization string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", authorization)
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, r.URL.Path, res.Status)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// readExports parses lines of the form `export NAME='VALUE'`.
func readExports(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what the emulator wrote: %w", err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			found[name] = strings.Trim(value, "'")
		}
	}
	return found, nil
}
