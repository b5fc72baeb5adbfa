//go:build unix

package faults

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// site is the emulator in its own process, which many jobs use at the same time.
type site struct {
	process *exec.Cmd
	stdout  io.Closer
	client  *http.Client
	url, ca string
	hosts   map[string]map[string]string // environment of a job, by host
	user    string                       // Entra token of a user for Azure DevOps
	group   string                       // the same for IoT Central
	refresh string                       // refresh token of the user
	pat     string                       // PAT with all permissions
}

func newSite(t *testing.T) *site {
	t.Helper()
	program, err := builtEmulator()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &site{process: exec.Command(program, "-dir", dir), hosts: map[string]map[string]string{}}
	// The garbage of a busy moment is collected early, so that growth is a leak.
	s.process.Env = append(os.Environ(), "GOMEMLIMIT=24MiB")
	stdout, err := s.process.StdoutPipe()
	if err == nil {
		err = s.process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.stdout = stdout
	t.Cleanup(s.stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("the emulator says %q: %v", line, err)
	}
	s.url = url
	if err := s.introduce(dir); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *site) stop() {
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
	_ = s.process.Process.Kill()
	_ = s.stdout.Close()
	_ = s.process.Wait()
}

// introduce reads the emulator's files, and gets tokens that outlast a soak.
func (s *site) introduce(dir string) error {
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	s.ca = string(ca)
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	for _, host := range []string{"github", "azure-pipelines"} {
		if s.hosts[host], err = exports(filepath.Join(dir, "env-"+host)); err != nil {
			return err
		}
	}
	for into, wish := range map[*string]map[string]string{
		&s.user: {"kind": "entra"}, &s.group: {"kind": "entra", "audience": emulator.IoTCentral},
		&s.refresh: {"kind": "refresh", "name": "jamal@fabrikam.example", "application": "azstep login"}, &s.pat: {"kind": "pat", "scopes": "app_token"},
	} {
		wish["expiresIn"] = "24h"
		var made struct{ Token string }
		if err := s.control(http.MethodPost, "token", wish, &made); err != nil {
			return err
		}
		*into = made.Token
	}
	return nil
}

// exports parses lines of the form `export NAME='VALUE'`.
func exports(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			found[name] = strings.Trim(value, "'")
		}
	}
	return found, err
}

// control sends a control request and decodes its answer into a pointer, if not nil.
func (s *site) control(method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, answer, err := s.ask(method, "/_emulator/"+path, "", text)
	if err == nil && status >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %d %s", method, path, status, answer)
	}
	if err != nil || into == nil {
		return err
	}
	return json.Unmarshal(answer, into)
}

// ask sends any request without a job's faults.
func (s *site) ask(method, path, authorization string, body []byte) (status int, answer []byte, err error) {
	r, err := http.NewRequest(method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	response, err := s.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// alive returns the valid credentials: their names, by id.
func (s *site) alive() (map[string]string, error) {
	var pats struct{ Value []emulator.PAT }
	var tokens struct{ Value []emulator.APIToken }
	err := errors.Join(s.control(http.MethodGet, "state/pats", nil, &pats), s.control(http.MethodGet, "state/apitokens", nil, &tokens))
	alive := map[string]string{}
	for _, p := range pats.Value {
		if p.State == "active" {
			alive[p.AuthorizationID] = p.DisplayName
		}
	}
	for _, t := range tokens.Value {
		if t.State == "active" {
			alive[t.ID] = "an API token"
		}
	}
	return alive, err
}

// size returns what a process uses according to Linux: resident memory in KiB, and
// file descriptors.
func size(pid int) (resident, descriptors int, err error) {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	text, err := os.ReadFile(filepath.Join(proc, "statm"))
	if err != nil {
		return 0, 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	if err != nil {
		return 0, 0, err
	}
	open, err := os.ReadDir(filepath.Join(proc, "fd"))
	return pages * os.Getpagesize() / 1024, len(open), err
}
