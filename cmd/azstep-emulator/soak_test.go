package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSoak sends 1,000 requests a second for the duration in AZSTEP_SOAK and watches
// the memory of the process. `make soak` runs it for a minute.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("AZSTEP_SOAK"))
	if err != nil {
		t.Skip("AZSTEP_SOAK is no duration")
	}
	var p process
	p.serve(t, built(t))
	defer p.stop()
	l := newLoad(t, &p)
	started := time.Now()
	memory := l.run(1000, length)
	slices.Sort(l.took)
	t.Logf("%d tasks in %v, %d failed; half took less than %v, 99%% less than %v", len(l.took), time.Since(started).Round(time.Millisecond),
		l.failed, l.took[len(l.took)/2].Round(time.Microsecond), l.took[len(l.took)*99/100].Round(time.Microsecond))
	t.Logf("resident memory each second, in KiB: %d", memory)
	// If the machine is busy, requests pile up for a moment. The minimum of a
	// quarter shows the memory that is kept.
	before, after := slices.Min(memory[len(memory)/4:len(memory)/2]), slices.Min(memory[len(memory)*3/4:])
	if l.failed > 0 || after > before+before/10 {
		t.Errorf("%d tasks failed; memory grew from %d to %d KiB", l.failed, before, after)
	}
}

// load is a client that reads with a PAT, and creates and revokes PATs as a user.
type load struct {
	t         *testing.T
	p         *process
	client    *http.Client
	pat, user string // Authorization headers

	mu     sync.Mutex // protects the fields below
	took   []time.Duration
	failed int
}

func newLoad(t *testing.T, p *process) *load {
	t.Helper()
	ca, err := os.ReadFile(filepath.Join(p.dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(ca)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	l := &load{t: t, p: p, client: &http.Client{Transport: transport}}
	l.pat = "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+l.token("pat")))
	l.user = "Bearer " + l.token("entra")
	return l
}

func (l *load) token(kind string) string {
	l.t.Helper()
	var made struct{ Token string }
	text, err := l.send(http.MethodPost, "/_emulator/token", "", `{"kind":"`+kind+`"}`)
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return made.Token
}

// run starts perSecond tasks a second in turn, without waiting for earlier ones, and
// reads the memory once a second.
func (l *load) run(perSecond int, length time.Duration) (memory []int) {
	var pending sync.WaitGroup
	began := time.Now()
	for i := range int(length.Seconds()) * perSecond {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		task := l.task(i)
		pending.Go(func() { l.count(task) })
		if i%perSecond == perSecond-1 {
			memory = append(memory, l.resident())
		}
	}
	pending.Wait()
	return append(memory, l.resident())
}

// task sends one request. Every twentieth creates and revokes a PAT.
func (l *load) task(i int) func() error {
	paths := []string{
		"/fabrikam/_apis/projects?api-version=7.1", "/fabrikam/_apis/projects/Fabrikam/teams?api-version=7.1",
		"/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/environment/1?api-version=7.1-preview.1",
	}
	if i%20 == 0 {
		return l.mintAndRevoke
	}
	return func() error {
		_, err := l.send(http.MethodGet, paths[i%len(paths)], l.pat, "")
		return err
	}
}

func (l *load) mintAndRevoke() error {
	const pats = "/fabrikam/_apis/tokens/pats?api-version=7.1-preview.1"
	validTo := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	text, err := l.send(http.MethodPost, pats, l.user, `{"displayName":"soak","scope":"vso.code","validTo":"`+validTo+`"}`)
	var made struct {
		PATToken struct{ AuthorizationID string }
	}
	if err == nil {
		err = json.Unmarshal(text, &made)
	}
	if err == nil {
		_, err = l.send(http.MethodDelete, pats+"&authorizationId="+made.PATToken.AuthorizationID, l.user, "")
	}
	return err
}

func (l *load) count(task func() error) {
	began := time.Now()
	err := task()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.took = append(l.took, time.Since(began))
	if err != nil {
		l.failed++
	}
}

func (l *load) send(method, path, auth, body string) ([]byte, error) {
	r, err := http.NewRequestWithContext(l.t.Context(), method, l.p.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", auth)
	res, err := l.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= http.StatusBadRequest {
		return nil, fmt.Errorf("%s %s: %s", method, path, res.Status)
	}
	return io.ReadAll(res.Body)
}

// resident returns the process's resident set in KiB, as Linux reports it.
func (l *load) resident() int {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(l.p.command.Process.Pid), "statm"))
	if err != nil {
		l.t.Fatalf("this needs /proc: %v", err)
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize() / 1024
}
